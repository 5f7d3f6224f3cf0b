/** Whose request it is: the one place that knows, for HTTP and for sockets. */
import type { IncomingMessage } from 'node:http';

/** The user's id; empty while the server has no users. */
export function userOf(_request: IncomingMessage): string {
  return '';
}
