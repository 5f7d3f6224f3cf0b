/**
 * The observations: what came of an action, or what happened to the agent. One schema a kind, as the wire has
 * it, and constructors for those that the server makes itself.
 *
 * A stored log is read without these schemas (`stored-body.ts`): a field that is added later must be optional.
 */
import { z } from 'zod';
import type { UnknownKind } from './actions.ts';
import type { AgentState } from './agent-state.ts';
import { agentStateSchema } from './agent-state-schema.ts';
import type { Immutable, Named } from './immutable.ts';
import type { observationNames } from './kinds.ts';

const text = z.string().default('');
const json = z.exactOptional(z.unknown());

function observation<Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, extras: Shape) {
  return z.object({
    observation: z.literal(kind),
    content: text,
    extras: z.looseObject(extras),
    success: z.exactOptional(z.boolean()),
  });
}

const metadata = z.looseObject({
  exit_code: z.int().default(-1),
  pid: z.int().default(-1),
  username: z.string().nullable().default(null),
  hostname: z.string().nullable().default(null),
  working_dir: z.string().nullable().default(null),
  py_interpreter_path: z.string().nullable().default(null),
  prefix: text,
  suffix: text,
});

const schemas = {
  run: observation('run', {
    command: text,
    hidden: z.boolean().default(false),
    metadata: metadata.prefault({}),
  }),
  run_ipython: observation('run_ipython', { code: text }),
  read: observation('read', { path: text, impl_source: z.string().default('default') }),
  write: observation('write', { path: text }),
  edit: observation('edit', {
    path: text,
    prev_exist: z.boolean().default(false),
    old_content: z.string().nullable().default(null),
    new_content: z.string().nullable().default(null),
    impl_source: z.string().default('oh_aci'),
    diff: z.string().nullable().default(null),
  }),
  browse: observation('browse', {
    url: text,
    trigger_by_action: text,
    screenshot: text,
    error: z.boolean().default(false),
    open_pages_urls: z.array(z.string()).default([]),
    active_page_index: z.int().default(-1),
    dom_object: json,
    axtree_object: json,
    last_browser_action: text,
    last_browser_action_error: text,
    focused_element_bid: z.string().nullable().default(null),
  }),
  agent_state_changed: observation('agent_state_changed', {
    agent_state: agentStateSchema,
    /** Why, where there is more to say than the state's name. */
    reason: z.exactOptional(z.string()),
  }),
  error: observation('error', { error_id: text }),
  delegate: observation('delegate', { outputs: z.record(z.string(), z.unknown()).default({}) }),
  think: observation('think', {}),
  user_rejected: observation('user_rejected', {}),
  success: observation('success', {
    /** The repository that was put into the workspace. */
    repository: z.exactOptional(
      z.looseObject({ name: z.string(), branch: z.string().nullable(), folder: z.string() }),
    ),
  }),
  recall: observation('recall', { recall_type: text }),
  mcp: observation('mcp', { name: text, arguments: z.record(z.string(), z.unknown()).default({}) }),
  condense: observation('condense', {}),
  null: observation('null', {}),
} satisfies Record<(typeof observationNames)[number], z.ZodType>;

export const observationSchemas: Readonly<typeof schemas> = schemas;

type ParsedObservation = z.output<(typeof schemas)[keyof typeof schemas]>;
type AsObservation<Parsed> = Parsed extends { observation: infer Kind; extras: infer Extras }
  ? {
      readonly observation: Kind;
      readonly content: string;
      readonly extras: Immutable<Named<Extras>>;
      readonly success?: boolean;
    }
  : never;

/** An observation of a kind that this version knows: narrow it by `observation`. */
export type Observation = AsObservation<ParsedObservation>;
export type ObservationKind = Observation['observation'];
export type ObservationOf<Kind extends ObservationKind> = Extract<
  Observation,
  { readonly observation: Kind }
>;

export type RunObservation = ObservationOf<'run'>;
export type ErrorObservation = ObservationOf<'error'>;
export type AgentStateObservation = ObservationOf<'agent_state_changed'>;

/** An observation that a later release wrote: kept as it is and passed on untouched. */
export interface UnknownObservation {
  readonly observation: UnknownKind;
  readonly content?: unknown;
  readonly extras?: unknown;
  readonly success?: boolean;
}

export interface RunResult {
  readonly command: string;
  /** What the command wrote. */
  readonly content: string;
  /** -1 where the command has not ended or its end is unknown. */
  readonly exitCode: number;
  readonly hidden?: boolean;
  readonly pid?: number;
  readonly workingDir?: string | null;
  readonly username?: string | null;
  readonly hostname?: string | null;
  /** What an agent reads before and after the output: notes on the run that are not output. */
  readonly prefix?: string;
  readonly suffix?: string;
}

export function runObservation(result: RunResult): RunObservation {
  return {
    observation: 'run',
    content: result.content,
    extras: {
      command: result.command,
      hidden: result.hidden ?? false,
      metadata: {
        exit_code: result.exitCode,
        pid: result.pid ?? -1,
        username: result.username ?? null,
        hostname: result.hostname ?? null,
        working_dir: result.workingDir ?? null,
        py_interpreter_path: null,
        prefix: result.prefix ?? '',
        suffix: result.suffix ?? '',
      },
    },
    success: result.exitCode === 0,
  };
}

export function errorObservation(content: string, errorId = ''): ErrorObservation {
  return { observation: 'error', content, extras: { error_id: errorId } };
}

/** `reason` is for people: why the state changed. */
export function stateObservation(state: AgentState, reason?: string): AgentStateObservation {
  const extras = reason === undefined ? { agent_state: state } : { agent_state: state, reason };
  return { observation: 'agent_state_changed', content: '', extras };
}

export function userRejected(content: string): ObservationOf<'user_rejected'> {
  return { observation: 'user_rejected', content, extras: {} };
}

export interface RepositoryResult {
  /** As it was asked for. */
  readonly name: string;
  /** Null where there is none, as in an empty repository. */
  readonly branch: string | null;
  /** Its name in the workspace. */
  readonly folder: string;
}

export function repositoryObservation(
  content: string,
  repository: RepositoryResult,
): ObservationOf<'success'> {
  return { observation: 'success', content, extras: { repository: { ...repository } } };
}

export function thinkObservation(content: string): ObservationOf<'think'> {
  return { observation: 'think', content, extras: {} };
}

export function readObservation(path: string, content: string): ObservationOf<'read'> {
  return { observation: 'read', content, extras: { path, impl_source: 'default' } };
}

export function writeObservation(path: string, content = ''): ObservationOf<'write'> {
  return { observation: 'write', content, extras: { path } };
}

export interface EditResult {
  readonly path: string;
  /** What an agent reads: the change in its surroundings, or what came of the edit. */
  readonly content: string;
  /** The whole file before the edit; null where there was none. */
  readonly oldContent: string | null;
  readonly newContent: string | null;
  readonly diff?: string | null;
}

export function editObservation(result: EditResult): ObservationOf<'edit'> {
  return {
    observation: 'edit',
    content: result.content,
    extras: {
      path: result.path,
      prev_exist: result.oldContent !== null,
      old_content: result.oldContent,
      new_content: result.newContent,
      impl_source: 'oh_aci',
      diff: result.diff ?? null,
    },
  };
}
