/**
 * The HTTP side: Fastify with schemas of zod, one error handler, and what holds for every request: who may ask
 * (`HostGuard`), how much, and what a browser may do with the answer.
 */

import type { Server as HttpServer, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import helmet from '@fastify/helmet';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
  type RawServerDefault,
} from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { ConveneError } from '../../errors.ts';
import { HostGuard } from '../host-guard.ts';
import type { ServerParts } from '../server-parts.ts';
import { conversationRoutes } from './conversation-routes.ts';
import { copyRoutes } from './copy-routes.ts';
import { eventRoutes } from './event-routes.ts';
import { fileRoutes } from './file-routes.ts';
import { githubRoutes } from './github-routes.ts';
import { answerBadUrl, answerNoHttp, installErrorHandlers } from './http-errors.ts';
import { installJson } from './json-body.ts';
import { landingRoutes, landingStyleHash } from './landing-page.ts';
import { metricsRoute } from './metrics-route.ts';
import { docsRoutes, installOpenApi } from './openapi.ts';
import { optionRoutes } from './option-routes.ts';
import { recordRoutes } from './record-routes.ts';
import { settingsRoutes } from './settings-routes.ts';
import { statusRoutes } from './status-routes.ts';
import { sendPage, type WebClient, webRoutes } from './web-routes.ts';

export type HttpApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface HttpParts extends ServerParts {
  /** Whether the server is about to stop: it takes no more work. */
  readonly isClosing: () => boolean;
}

/** What a body may have; uploads have their own limits. */
const MAX_BODY_BYTES = 20 * 1024 * 1024;

/** These say nothing of anybody, and whoever watches over the server asks by address. */
const openPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

export interface BuiltHttpApp {
  readonly app: HttpApp;
  /** To be put on the server. */
  readonly handler: RequestListener;
}

/** `server` is the caller's: it gets no listener of requests here, and is not closed here. */
export async function createHttpApp(
  parts: HttpParts & { readonly server: HttpServer },
): Promise<BuiltHttpApp> {
  let handler: RequestListener = () => {};
  const bare = fastify({
    serverFactory: (given) => {
      handler = given;
      return parts.server;
    },
    loggerInstance: parts.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    // All schemas are zod's. Without this, Fastify loads compilers for JSON Schema: a fifth of the start-up time.
    schemaController: {
      compilersFactory: { buildValidator: () => noJsonSchema, buildSerializer: () => noJsonSchema },
    },
    frameworkErrors: answerBadUrl,
    clientErrorHandler: answerNoHttp,
    return503OnClosing: false, // a hook answers that in the shape of all errors
    routerOptions: { maxParamLength: 4_096 },
  });
  const app = bare.withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  const web = webClient(parts);
  installErrorHandlers(app, web === null ? () => false : sendPage);
  const describe = installOpenApi(app);
  installJson(app);
  await app.register(helmet, helmetOptions);

  const guard = new HostGuard(parts.config);
  app.addHook('onRequest', async (request) => {
    if (openPaths.has(request.url)) return;
    if (!guard.allows(request.headers)) throw new ConveneError('forbidden_host');
    if (parts.isClosing()) throw new ConveneError('draining');
    if (Number(request.headers['content-length'] ?? 0) > request.routeOptions.bodyLimit) {
      throw new ConveneError('payload_too_large');
    }
  });

  for (const routes of [
    conversationRoutes,
    copyRoutes,
    eventRoutes,
    settingsRoutes,
    optionRoutes,
    statusRoutes,
    fileRoutes,
    recordRoutes,
    githubRoutes,
    metricsRoute,
  ]) {
    await routes(app, parts);
  }
  docsRoutes(app, describe);
  if (web === null) landingRoutes(app);
  else await webRoutes(app, web);
  await app.ready();
  return { app, handler };
}

function webClient({ config, webApp = null }: HttpParts): WebClient | null {
  if (config.webDir !== null) return { folder: config.webDir, isOwn: false };
  return webApp === null ? null : { folder: webApp, isOwn: true };
}

function noJsonSchema(): never {
  throw new Error('Schemas of routes are zod’s.');
}

const helmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      connectSrc: ["'self'"],
      imgSrc: ["'self'", 'data:', 'blob:'],
      styleSrc: ["'self'", landingStyleHash],
      scriptSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  // Whatever ends TLS in front of this server says how long that holds.
  strictTransportSecurity: false,
};
