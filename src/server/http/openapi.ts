/**
 * `/openapi.json`: the HTTP side as OpenAPI 3.1, made of the schemas that check requests; and `/docs`, a page that shows
 * it. Made when it is first asked for, because few servers are ever asked, and all have to start.
 */
import type { FastifySchema } from 'fastify';
import { z } from 'zod';
import { docsPage, docsScript, docsStyle } from './docs-page.ts';
import type { HttpApp } from './http-app.ts';
import { type RouteNote, routeNotes } from './route-notes.ts';

type JsonObject = Readonly<Record<string, unknown>>;

interface FoundRoute {
  readonly method: string;
  readonly url: string;
  readonly schema: FastifySchema;
}

/** To be called before there are routes. Answers with what describes them. */
export function installOpenApi(app: HttpApp): () => JsonObject {
  const routes: FoundRoute[] = [];
  app.addHook('onRoute', ({ method, schema = {}, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, url, schema });
  });
  let document: JsonObject | null = null;
  return () => {
    document ??= describe(routes);
    return document;
  };
}

export function docsRoutes(app: HttpApp, describeRoutes: () => JsonObject): void {
  app.get('/openapi.json', async () => describeRoutes());
  app.get('/docs', async (_request, reply) => reply.type('text/html; charset=utf-8').send(docsPage));
  app.get('/docs/page.js', async (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(docsScript),
  );
  app.get('/docs/page.css', async (_request, reply) => reply.type('text/css; charset=utf-8').send(docsStyle));
}

/** Routes without a note are pages and the like: they are no part of the interface. */
function describe(routes: readonly FoundRoute[]): JsonObject {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const note = routeNotes[`${route.method} ${route.url}`];
    if (note === undefined) continue;
    const path = route.url.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, note) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Convene',
      version: '1',
      description: 'A conversation server for AI agents. Events come over Socket.IO: see docs/protocol.md.',
    },
    paths,
    components: { schemas: { Error: jsonSchema(errorSchema, 'output') } },
  };
}

const errorSchema = z.object({
  error: z.union([
    z.object({ code: z.string(), message: z.string(), field: z.string().optional() }).loose(),
    z.string().describe('Of an unknown conversation, under its own routes.'),
  ]),
});

function operation({ schema, url }: FoundRoute, { answer, summary }: RouteNote): JsonObject {
  const body = schema.body instanceof z.ZodType ? bodyOf(schema.body) : null;
  const content =
    typeof answer === 'string'
      ? { [answer]: { schema: { type: 'string' } } }
      : { 'application/json': { schema: jsonSchema(answer, 'output') } };
  return {
    summary,
    tags: [/^\/api\/([\w-]+)/.exec(url)?.[1] ?? 'server'],
    parameters: [
      ...parameters(schema.params, 'path'),
      ...parameters(schema.querystring, 'query'),
      ...parameters(schema.headers, 'header'),
    ],
    ...(body === null ? {} : { requestBody: { content: { 'application/json': { schema: body } } } }),
    ...(url.endsWith('/upload-files') ? { requestBody: uploadBody } : {}),
    responses: {
      200: { description: 'Done.', content },
      default: {
        description: 'Refused or failed: see docs/errors.md.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

const files = { type: 'array', items: { type: 'string', format: 'binary' } };
const uploadBody = {
  content: { 'multipart/form-data': { schema: { type: 'object', properties: { files } } } },
};

function parameters(schema: unknown, place: 'path' | 'query' | 'header'): JsonObject[] {
  if (!(schema instanceof z.ZodType)) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, 'input');
  return Object.entries(Object(properties)).map(([name, value]) => ({
    name,
    in: place,
    required: place === 'path' || (Array.isArray(required) && required.includes(name)),
    schema: value,
  }));
}

/** What is prepared before it is checked can be anything as it comes in: then what it must become is shown. */
function bodyOf(schema: z.ZodType): JsonObject {
  const input = jsonSchema(schema, 'input');
  return 'properties' in input ? input : jsonSchema(schema, 'output');
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
