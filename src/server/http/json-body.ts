/**
 * JSON bodies, and no others: a form of another site's page must not pass for one. An empty body counts as no body.
 */
import type { HttpApp } from './http-app.ts';

export function installJson(app: HttpApp): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body.toString();
    if (text.trim() === '') done(null, undefined);
    else void parse(request, text, done); // it calls `done`
  });
}
