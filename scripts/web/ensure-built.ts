/** Before `npm start`: builds the web app where it is missing or older than its sources. The server starts either way. */
import { ensureWebApp } from './web-app.ts';

await ensureWebApp().catch((error: unknown) => {
  process.stderr.write(`The web app could not be built: ${error}\n`);
});
