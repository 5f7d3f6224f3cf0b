/** Whether the server could listen where it is configured to. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { explain } from '../explain.ts';
import { broken, type Check, ok } from './check.ts';

/** `isServerRunning`: then it is no wonder that the port is in use. */
export async function checkPort(host: string, port: number, isServerRunning: boolean): Promise<Check> {
  const place = `${port} of ${host}`;
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return ok('port', port === 0 ? `a free one of ${host} is taken` : `${place} is free`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EADDRINUSE' && isServerRunning) {
      return ok('port', `${place} is in use, as it should be while the server runs`);
    }
    return broken('port', `${place} can’t be listened on`, explain(error));
  } finally {
    server.close();
  }
}
