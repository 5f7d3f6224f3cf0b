/**
 * How a file of a workspace goes to a browser as it is. Whoever made the file is not trusted: only images are shown, and
 * nothing in one may run, ask for anything, or act for this server's origin.
 */
const imageTypes: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  bmp: 'image/bmp',
  gif: 'image/gif',
  ico: 'image/x-icon',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  png: 'image/png',
  svg: 'image/svg+xml',
  webp: 'image/webp',
};

export function rawFileHeaders(path: string): Readonly<Record<string, string>> {
  const name = path.split('/').at(-1) ?? '';
  const type = imageTypes[/\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? ''];
  const disposition = type === undefined ? 'attachment' : 'inline';
  return {
    'content-type': type ?? 'application/octet-stream',
    'content-disposition': `${disposition}; filename*=UTF-8''${encodeURIComponent(name)}`,
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'cache-control': 'no-cache',
  };
}
