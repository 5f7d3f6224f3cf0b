import { expect, it } from 'vitest';
import { rawFileHeaders } from './raw-file-headers.ts';

it.each([
  ['a/b.PNG', 'image/png', "inline; filename*=UTF-8''b.PNG"],
  ['ü.svg', 'image/svg+xml', "inline; filename*=UTF-8''%C3%BC.svg"],
  ['page.html', 'application/octet-stream', "attachment; filename*=UTF-8''page.html"],
  ['png', 'application/octet-stream', "attachment; filename*=UTF-8''png"],
])('%s is %s', (path, type, disposition) => {
  expect(rawFileHeaders(path)).toMatchObject({
    'content-type': type,
    'content-disposition': disposition,
    'content-security-policy': expect.stringContaining('sandbox'),
  });
});
