/**
 * `convene serve`: opens the port, builds the server behind it, runs it until it is told to stop, and stops it.
 *
 *   starting ──▶ serving ──(SIGTERM, SIGINT)──▶ stopping ──▶ exit 0
 *   starting or stopping ──(another signal, or too long)──▶ exit 1
 */
import type { Config } from '../config/index.ts';
import { FrontDoor } from '../server/front-door.ts';
import { lockDataDir } from '../store/data-lock.ts';

/** What stopping may take beyond the grace for the loops, before the process ends all the same. */
const STOP_MS = 5_000;

/** Resolves with the exit code when the server has stopped. Throws where it can't start. */
export async function serve(config: Readonly<Config>): Promise<number> {
  const told = toldToStop(config.drainGraceMs + STOP_MS);
  process.stdout.on('error', () => {}); // whoever read the line below may have gone since
  // Who can't have the data folder must not say that it listens.
  const lock = config.databaseUrl === null ? await lockDataDir(config.dataDir) : undefined;
  const door = await FrontDoor.open(config);
  process.stdout.write(`Convene is listening on ${door.url(config.host)}\n`);
  try {
    const { compose } = await import('./compose.ts');
    const { server, logger } = await compose(config, door, lock);
    process.on('uncaughtException', (error, origin) => {
      logger.fatal({ err: error, origin }, 'the server ends: it is in a state that nobody foresaw');
      process.exit(1);
    });
    await told;
    await server.close();
    return 0;
  } finally {
    await door[Symbol.asyncDispose]();
  }
}

/** Resolves at the first signal. A second one, or too long a time, ends the process. */
function toldToStop(withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const force = (): void => process.exit(1);
    const onSignal = (): void => {
      process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
      process.on('SIGTERM', force).on('SIGINT', force);
      setTimeout(force, withinMs).unref();
      resolve();
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  });
}
