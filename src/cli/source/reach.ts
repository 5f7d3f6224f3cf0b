/** Whether there is a server, before anything is asked of it: what is wrong with the address is said at once. */
import { z } from 'zod';
import { ConveneError } from '../../errors.ts';

const TIMEOUT_MS = 10_000;

const healthSchema = z.object({ status: z.literal('ok') });

/** Throws `not_connected`, with why and what to do. */
export async function reach(url: string): Promise<void> {
  if (!healthSchema.safeParse(await answerOf(url, '/healthz')).success) throw unreachable(url, NO_SERVER);
}

/** What the server answers to a GET, whatever that is. Throws `not_connected`. */
export async function getJson(url: string, path: string): Promise<unknown> {
  await reach(url);
  return answerOf(url, path);
}

async function answerOf(url: string, path: string): Promise<unknown> {
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return await response.json();
  } catch (cause) {
    throw unreachable(url, reasonOf(cause), cause);
  }
}

const NO_SERVER = 'what answers there is no Convene server';

function unreachable(url: string, why: string, cause?: unknown): ConveneError {
  const message = `The server at ${url} can’t be asked: ${why}. Start one with \`convene serve\`, or name another one with --url.`;
  return new ConveneError('not_connected', message, { cause, details: { url } });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'it does not answer';
  if (error instanceof SyntaxError) return NO_SERVER;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = 'code' in cause ? cause.code : null;
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ENOTFOUND') return 'there is no machine of that name';
  return cause.message;
}
