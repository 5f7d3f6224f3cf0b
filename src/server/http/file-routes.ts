/**
 * The files of a conversation's workspace: listed, read, saved, uploaded, and all of them as a zip. They need no running
 * loop and start none. In a cluster without shared workspaces they run on the node that has this one.
 */
import multipart, { type MultipartFile } from '@fastify/multipart';
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { ConveneError } from '../../errors.ts';
import type { Workspace } from '../../runtime/workspace.ts';
import { existing } from './existing.ts';
import type { HttpApp, HttpParts } from './http-app.ts';
import { rawFileHeaders } from './raw-file-headers.ts';
import { sidParams } from './request-schemas.ts';
import { atWorkspace } from './workspace-place.ts';
import { zipOf } from './zip.ts';

/** Of one upload: its files together, and how many they are. */
const MAX_UPLOAD_BYTES = 1024 ** 3;
const MAX_UPLOAD_FILES = 1_000;
/** Of one uploaded file. */
const MAX_FILE_BYTES = 100 * 1024 * 1024;

const saveBody = z.object({ filePath: z.string().min(1), content: z.string() });

interface Skipped {
  readonly name: string;
  readonly reason: string;
}

export async function fileRoutes(app: HttpApp, parts: HttpParts): Promise<void> {
  const { manager, workspace } = parts;
  const onRequest = atWorkspace(parts);

  app.get(
    '/api/conversations/:id/list-files',
    { onRequest, schema: { params: sidParams, querystring: z.object({ path: z.string().optional() }) } },
    async ({ params, query, raw }) => {
      const { sid } = await existing(manager, params.id, raw);
      const path = query.path ?? '';
      const names = await workspace(sid).list(path === '' ? '.' : path);
      // As clients ask for the next level by what they are answered: paths, from where they asked.
      const prefix = path === '' || path.endsWith('/') ? path : `${path}/`;
      return names.map((name) => prefix + name);
    },
  );

  app.get(
    '/api/conversations/:id/select-file',
    { onRequest, schema: { params: sidParams, querystring: z.object({ file: z.string().min(1) }) } },
    async ({ params, query, raw }) => {
      const { sid } = await existing(manager, params.id, raw);
      return { code: await workspace(sid).readText(query.file) };
    },
  );

  app.get(
    '/api/conversations/:id/raw-file',
    { onRequest, schema: { params: sidParams, querystring: z.object({ file: z.string().min(1) }) } },
    async ({ params, query, raw }, reply) => {
      const { sid } = await existing(manager, params.id, raw);
      const bytes = await workspace(sid).readBytes(query.file);
      return reply.headers(rawFileHeaders(query.file)).send(bytes);
    },
  );

  app.post(
    '/api/conversations/:id/save-file',
    { onRequest, schema: { params: sidParams, body: saveBody } },
    async ({ params, body, raw }) => {
      const { sid } = await existing(manager, params.id, raw);
      await workspace(sid).write(body.filePath, body.content);
      return { message: 'File saved successfully' };
    },
  );

  app.get(
    '/api/conversations/:id/zip-directory',
    { onRequest, schema: { params: sidParams } },
    async ({ params, raw, log }, reply) => {
      const { sid } = await existing(manager, params.id, raw);
      reply.type('application/zip').header('content-disposition', 'attachment; filename="workspace.zip"');
      return reply.send(zipOf(workspace(sid), (error) => log.error({ err: error, sid }, 'zip failed')));
    },
  );

  // Its own scope: no other route takes forms.
  const uploads: FastifyPluginAsync = async (scope) => {
    await scope.register(multipart, {
      preservePath: true, // a folder is uploaded as files with their paths; `write` keeps them within the workspace
      throwFileSizeLimit: false, // a file that is too large is skipped; the others are kept
      limits: {
        fileSize: MAX_FILE_BYTES,
        files: MAX_UPLOAD_FILES,
        fields: 100,
        parts: MAX_UPLOAD_FILES + 100,
      },
    });
    scope.post<{ Params: z.output<typeof sidParams> }>(
      '/api/conversations/:id/upload-files',
      { onRequest, bodyLimit: MAX_UPLOAD_BYTES, schema: { params: sidParams } },
      async (request, reply) => {
        const { sid } = await existing(manager, request.params.id, request.raw);
        if (!request.isMultipart()) throw new ConveneError('unsupported_media_type');
        const uploaded: string[] = [];
        const skipped: Skipped[] = [];
        for await (const file of request.files()) {
          const reason = await keep(workspace(sid), file);
          if (reason === null) uploaded.push(file.filename);
          else skipped.push({ name: file.filename, reason });
        }
        const message = `${uploaded.length} files uploaded, ${skipped.length} skipped`;
        const result = { message, uploaded_files: uploaded, skipped_files: skipped };
        if (uploaded.length > 0 || skipped.length === 0) return result;
        const error = {
          code: 'invalid_request',
          message: `No file was uploaded: ${skipped[0]?.reason ?? ''}`,
        };
        return reply.code(400).send({ ...result, error });
      },
    );
  };
  await app.register(uploads);
}

/** Answers why the file was not kept; null where it was. */
async function keep(workspace: Workspace, { file, filename }: MultipartFile): Promise<string | null> {
  try {
    if (filename === '') throw new ConveneError('invalid_request', 'It has no name.');
    await workspace.write(filename, whole(file));
    return null;
  } catch (error) {
    file.resume(); // what was not read: the next file comes after it
    if (error instanceof ConveneError && error.status < 500) return error.message;
    throw error;
  }
}

/** Throws at the end of what is longer than allowed, so that nothing of it is kept. */
async function* whole(file: MultipartFile['file']): AsyncGenerator<Uint8Array> {
  for await (const chunk of file) yield Buffer.from(chunk);
  if (file.truncated) {
    const message = `It has more than ${MAX_FILE_BYTES / 1024 / 1024} MB.`;
    throw new ConveneError('payload_too_large', message);
  }
}
