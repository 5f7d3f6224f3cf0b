/** The page at `/` where there is no web client. */
import { createHash } from 'node:crypto';
import type { HttpApp } from './http-app.ts';

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem}code{font-size:.9em}`;

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Convene</title><style>${style}</style></head>
<body>
<h1>Convene runs here</h1>
<p>A conversation server for AI agents. Clients talk to it over Socket.IO at <code>/socket.io</code> and over HTTP:</p>
<ul>
<li><a href="/api/conversations"><code>/api/conversations</code></a></li>
<li><a href="/api/cluster"><code>/api/cluster</code></a></li>
<li><a href="/docs">All routes</a> (<a href="/openapi.json"><code>/openapi.json</code></a>)</li>
<li><a href="/healthz"><code>/healthz</code></a> and <a href="/readyz"><code>/readyz</code></a></li>
</ul>
</body>
</html>
`;

/** Lets the page's own style, and no other, stand in the page. */
export const landingStyleHash = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;

export function landingRoutes(app: HttpApp): void {
  app.get('/', async (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
}
