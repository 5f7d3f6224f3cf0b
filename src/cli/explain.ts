/** One line for a person: why the server does not start. */
import { ConveneError } from '../errors.ts';

export function explain(error: unknown): string {
  if (error instanceof ConveneError) return error.message.replaceAll('\n', ' ');
  if (!(error instanceof Error)) return String(error);
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${address} is in use. Choose another one with --port.`;
    case 'EACCES':
      if (port === undefined) break;
      return `Port ${port} of ${address} may not be used by this user. Choose another one with --port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `This machine has no address ${address ?? ''} to listen on. Choose another one with --host.`;
  }
  return error.message.replaceAll('\n', ' ');
}
