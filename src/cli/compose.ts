/**
 * Puts the server together. What takes longest begins first: the store opens in threads of its own while this one
 * still loads the HTTP stack.
 */
import { systemClock } from '../clock.ts';
import type { Config } from '../config/index.ts';
import type { FrontDoor } from '../server/front-door.ts';
import { KnownSecrets, noting } from '../server/known-secrets.ts';
import { createLogger, type Logger } from '../server/logger.ts';
import type { ConveneServer } from '../server/server.ts';
import type { Settings } from '../store/settings.ts';

export interface Composed {
  /** Serving. */
  readonly server: ConveneServer;
  readonly logger: Logger;
}

/** Throws what the manager's making throws; then nothing is left open but the door. */
export async function compose(
  config: Readonly<Config>,
  door: FrontDoor,
  lock?: Disposable,
): Promise<Composed> {
  const secrets = new KnownSecrets([config.secretKey, config.llmApiKey]);
  const logger = createLogger({ level: config.logLevel, secrets });
  const onError = (error: unknown, what: string): void => logger.error({ err: error }, `${what} failed`);
  const onWarning = (message: string, what: string): void => logger.warn({ what }, message);
  const web = config.webDir === null ? findWebApp() : null;
  const managing = import('../manager/create-manager.ts').then(({ createManager }) =>
    createManager(config, {
      url: () => door.url(config.host),
      onError,
      onWarning,
      ...(lock === undefined ? {} : { lock }),
    }),
  );
  const [
    { manager, agents, fileStore, settings, secretKey, workspace, workspacePlace },
    { createServer },
    { createIo },
    webApp,
  ] = await Promise.all([managing, import('../server/server.ts'), import('../server/socket/io.ts'), web]);
  secrets.add([Buffer.from(secretKey).toString('hex')]);
  try {
    await manager.start();
    const server = await createServer({
      door,
      io: createIo(),
      config,
      manager,
      settings: noting(settings, secrets),
      agents: agents.names,
      lacksLlm: (chosen: Settings | null) => agents.lacksLlm(chosen),
      secretKey,
      workspace,
      ...(workspacePlace === undefined ? {} : { workspacePlace }),
      fileStore,
      webApp,
      clock: systemClock,
      logger,
    });
    return { server, logger };
  } catch (error) {
    await manager[Symbol.asyncDispose]();
    throw error;
  }
}

async function findWebApp(): Promise<string | null> {
  const { builtWebApp } = await import('../server/http/web-app.ts');
  return await builtWebApp();
}
