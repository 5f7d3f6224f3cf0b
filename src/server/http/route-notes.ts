/** What each route is for and answers, for `/openapi.json`: a route without a note is a mistake that a test finds. */
import { z } from 'zod';
import { agentStateSchema } from '../../events/agent-state-schema.ts';

export interface RouteNote {
  readonly summary: string;
  /** The body of a success; text and files are named by their type. */
  readonly answer: z.ZodType | `${string}/${string}`;
}

const event = z.looseObject({
  id: z.int(),
  timestamp: z.iso.datetime(),
  source: z.enum(['user', 'agent', 'environment']),
  message: z.string(),
  cause: z.int().optional(),
});
const info = z.object({
  conversation_id: z.string(),
  title: z.string(),
  last_updated_at: z.iso.datetime(),
  created_at: z.iso.datetime(),
  selected_repository: z.string().nullable(),
  status: z.enum(['RUNNING', 'STOPPED']),
  agent_state: agentStateSchema,
});
const turned = z.object({
  status: z.literal('ok'),
  conversation_id: z.string(),
  conversation_status: z.enum(['RUNNING', 'STOPPED']),
});
const page = z.object({ events: z.array(event), has_more: z.boolean() });
const said = z.object({ message: z.string() });
const words = z.array(z.string());
const whatever = z.looseObject({});

export const routeNotes: Readonly<Record<string, RouteNote>> = {
  'POST /api/conversations': {
    summary: 'Create a conversation and start its agent. An Idempotency-Key header makes a retry safe.',
    answer: z.object({ status: z.literal('ok'), conversation_id: z.string() }),
  },
  'GET /api/conversations': {
    summary:
      'List conversations, newest first, page by page; with query, those whose title or text has its words.',
    answer: z.object({ results: z.array(info), next_page_id: z.string().nullable() }),
  },
  'POST /api/conversations/import': {
    summary: 'Make a conversation of a trajectory; nothing of it is carried out.',
    answer: z.object({ status: z.literal('ok'), conversation_id: z.string() }),
  },
  'POST /api/conversations/:id/fork': {
    summary: 'Make a conversation of the events of this one, up to and with event_id (default: all).',
    answer: z.object({ status: z.literal('ok'), conversation_id: z.string() }),
  },
  'GET /api/conversations/:id': {
    summary: 'One conversation; null where there is none.',
    answer: info.nullable(),
  },
  'PATCH /api/conversations/:id': { summary: 'Rename a conversation.', answer: z.literal(true) },
  'DELETE /api/conversations/:id': {
    summary: 'Delete a conversation with all that belongs to it; false where there was none.',
    answer: z.boolean(),
  },
  'POST /api/conversations/:id/start': { summary: "Start a conversation's agent.", answer: turned },
  'POST /api/conversations/:id/stop': { summary: "Stop a conversation's agent.", answer: turned },
  'POST /api/conversations/:id/message': {
    summary: 'Send a message as its user; answered when it is durable.',
    answer: z.object({ success: z.literal(true), id: z.int() }),
  },
  'GET /api/conversations/:id/events': { summary: 'A page of the log, as stored.', answer: page },
  'GET /api/conversations/:id/events/search': {
    summary: 'A page of the events that match, as stored.',
    answer: page,
  },
  'GET /api/conversations/:id/list-files': {
    summary: 'The names in a folder of the workspace; folders end in /, ignored files are left out.',
    answer: words,
  },
  'GET /api/conversations/:id/select-file': {
    summary: 'The text of a file.',
    answer: z.object({ code: z.string() }),
  },
  'GET /api/conversations/:id/raw-file': {
    summary: 'A file as it is: images to be shown, everything else to be downloaded.',
    answer: 'application/octet-stream',
  },
  'POST /api/conversations/:id/save-file': { summary: 'Write a file.', answer: said },
  'POST /api/conversations/:id/upload-files': {
    summary: 'Upload files into the workspace, as multipart/form-data.',
    answer: z.object({
      message: z.string(),
      uploaded_files: words,
      skipped_files: z.array(z.object({ name: z.string(), reason: z.string() })),
    }),
  },
  'GET /api/conversations/:id/zip-directory': {
    summary: 'The workspace as a zip, ignored files left out.',
    answer: 'application/zip',
  },
  'GET /api/conversations/:id/config': {
    summary: 'The ids that a client knows the conversation by.',
    answer: z.object({ runtime_id: z.string(), session_id: z.string() }),
  },
  'GET /api/conversations/:id/vscode-url': {
    summary: 'Where an editor is open on the workspace; null: nowhere.',
    answer: z.object({ vscode_url: z.string().nullable(), error: z.string().optional() }),
  },
  'GET /api/conversations/:id/web-hosts': {
    summary: 'Addresses that the workspace serves.',
    answer: z.object({ hosts: whatever }),
  },
  'GET /api/conversations/:id/trajectory': {
    summary: 'All events but the hidden ones.',
    answer: z.object({ trajectory: z.array(event) }),
  },
  'POST /api/conversations/:id/submit-feedback': {
    summary: 'Store feedback on a conversation, on this server.',
    answer: z.object({ statusCode: z.literal(200), body: whatever }),
  },
  'GET /api/settings': { summary: "The user's settings, secrets masked.", answer: whatever },
  'POST /api/settings': {
    summary: 'Store settings. What is left out stays; so do secrets that are null.',
    answer: said,
  },
  'POST /api/settings/test': {
    summary: 'Ask the model for a word, as if these settings were stored.',
    answer: z.union([
      z.object({ ok: z.literal(true), duration_ms: z.int() }),
      z.object({ ok: z.literal(false), error: z.looseObject({ code: z.string(), message: z.string() }) }),
    ]),
  },
  'GET /api/options/defaults': {
    summary: 'What holds where a user has set nothing.',
    answer: z.object({
      settings_are_stored: z.boolean(),
      lacks_llm: z.boolean(),
      has_llm: z.boolean(),
      llm_model: z.string().nullable(),
      llm_api_key_is_set: z.boolean(),
      agent: z.string().nullable(),
      max_iterations: z.int(),
      max_budget: z.number().nullable(),
      confirmation_mode: z.boolean(),
    }),
  },
  'GET /api/options/models': { summary: 'Names of language models to choose from.', answer: words },
  'GET /api/options/agents': { summary: 'Names of the agents to choose from.', answer: words },
  'GET /api/options/security-analyzers': { summary: 'Names of security analyzers: none.', answer: words },
  'GET /api/options/config': {
    summary: 'What a web client needs to know of the server.',
    answer: z.object({ APP_MODE: z.string(), GITHUB_CLIENT_ID: z.string(), POSTHOG_CLIENT_KEY: z.string() }),
  },
  'GET /api/github/user': {
    summary: 'Whose the stored GitHub token is, as GitHub says it.',
    answer: whatever,
  },
  'GET /api/github/repositories': {
    summary: "The token's repositories, as GitHub lists them.",
    answer: z.unknown(),
  },
  'GET /api/github/installations': { summary: "Ids of the token's installations.", answer: z.array(z.int()) },
  'GET /api/github/search/repositories': { summary: "GitHub's search for repositories.", answer: whatever },
  'GET /api/cluster': {
    summary: 'The nodes, what each runs, and the last takeovers; of one conversation with ?sid=.',
    answer: z.object({ nodes: z.array(whatever), takeovers: z.array(whatever) }),
  },
  'GET /healthz': { summary: 'Whether the process lives.', answer: z.object({ status: z.literal('ok') }) },
  'GET /readyz': { summary: 'Whether it takes work.', answer: z.object({ status: z.literal('ready') }) },
  'GET /metrics': { summary: 'Figures for Prometheus.', answer: 'text/plain' },
  'GET /openapi.json': { summary: 'This description.', answer: whatever },
};
