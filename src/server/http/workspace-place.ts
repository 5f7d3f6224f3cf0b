/** Sees to it that routes which touch a workspace run on the node that has it. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ConveneError } from '../../errors.ts';
import { existing } from './existing.ts';
import { forward, wasForwarded, whoAnswers } from './forwarding.ts';
import type { HttpParts } from './http-app.ts';
import { sidParams } from './request-schemas.ts';

type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>;

/**
 * A hook that lets a request through where the workspace is here, and else passes it on. Throws `conversation_not_found`,
 * `workspace_elsewhere`.
 */
export function atWorkspace({ manager, workspacePlace }: HttpParts): Hook {
  return async (request, reply) => {
    if (workspacePlace === undefined) return undefined;
    const { id } = sidParams.parse(request.params);
    const record = await existing(manager, id, request.raw);
    const place = await workspacePlace(record);
    if (place.at === 'here') return undefined;
    if (wasForwarded(request)) throw new ConveneError('workspace_elsewhere');
    const files = `/api/conversations/${record.sid}/list-files`;
    const node = place.at === 'node' ? place.url : await whoAnswers(request, place.urls, files);
    if (node === null) throw new ConveneError('workspace_elsewhere');
    return forward(request, reply, node);
  };
}
