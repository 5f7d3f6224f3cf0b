/** A folder in the shape of that client's build: a page with scripts of its own in it, assets, locales. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** By their addresses: the type of each, and its text. */
export const clientBuild: Readonly<Record<string, readonly [type: string, text: string]>> = {
  '/index.html': [
    'text/html',
    `<!doctype html>
<html lang="en">
<head>
<title>A client</title>
<link rel="icon" href="/favicon.svg">
<link rel="modulepreload" href="/assets/chunk-5e6f.js">
<link rel="stylesheet" href="/assets/root-1a2b.css">
</head>
<body>
<script>window.__context = {"isSpaMode":true};</script>
<script type="module" src="/assets/entry.client-3c4d.js"></script>
</body>
</html>
`,
  ],
  '/favicon.svg': ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
  '/site.webmanifest': ['application/manifest+json', '{"name":"A client"}'],
  '/assets/root-1a2b.css': ['text/css', 'body { margin: 0 }'],
  '/assets/entry.client-3c4d.js': ['javascript', "import('./chunk-5e6f.js');"],
  '/assets/chunk-5e6f.js': ['javascript', 'export {};'],
  '/locales/en/translation.json': ['application/json', '{"GREETING":"Hello"}'],
  '/locales/de/translation.json': ['application/json', '{"GREETING":"Grüß Gott"}'],
};

export async function makeClientBuild(folder: string): Promise<void> {
  for (const [address, [, text]] of Object.entries(clientBuild)) {
    const file = join(folder, address);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
