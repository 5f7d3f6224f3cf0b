/** Builds the web app into `dist/web`, as part of the package; `npm run dev:web` serves it beside a server on port 3000. */
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type UserConfig } from 'vite';
import { precompress } from './precompress.ts';

const root = import.meta.dirname;
const server = 'http://127.0.0.1:3000';

/** The server answers pages of its own origin alone. */
const proxied = { target: server, changeOrigin: true, headers: { origin: server } };

const config: UserConfig = {
  root,
  plugins: [react(), precompress()],
  resolve: { alias: { 'convene/client': join(root, '../src/client/index.ts') } },
  build: {
    outDir: join(root, '../dist/web'),
    emptyOutDir: true,
    target: 'es2023',
    // The policy of the server (`script-src 'self'`) refuses what stands in a page, and browsers have this.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': proxied, '/socket.io': { ...proxied, ws: true } },
  },
};

export default defineConfig(({ command }) => {
  // Whoever builds may be a test, whose environment would make a build for development.
  if (command === 'build') process.env['NODE_ENV'] = 'production';
  return config;
});
