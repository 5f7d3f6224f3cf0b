/** What a server says of itself. */
import { badAnswer, isRecord, isStrings, listOf } from './json.ts';

/** What holds where a user has set nothing. */
export interface ServerDefaults {
  /** Whether this user has stored settings. */
  readonly settingsAreStored: boolean;
  /** Whether a conversation can't begin: what is chosen needs a model, and none is named. */
  readonly lacksLlm: boolean;
  /** Whether a model is named, by this user or the server. */
  readonly hasLlm: boolean;
  /** The server's; null: none. */
  readonly model: string | null;
  readonly keyIsSet: boolean;
  /** Null: `CodeActAgent` where there is a model, else `ShellAgent`. */
  readonly agent: string | null;
  readonly maxIterations: number;
  /** In US dollars; null: no limit. */
  readonly maxBudget: number | null;
  readonly confirmationMode: boolean;
}

/** Names to choose from. */
export interface Choices {
  readonly models: readonly string[];
  readonly agents: readonly string[];
}

export interface NodeView {
  readonly id: string;
  readonly url: string | null;
  readonly live: boolean;
  /** It ends, and hands its conversations over. */
  readonly draining: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Running agent loops. */
  readonly load: number;
  /** The conversations of these. */
  readonly running: readonly string[];
}

export interface TakeoverView {
  readonly conversation: string;
  readonly from: string | null;
  readonly to: string;
  readonly cause: string;
  readonly durationMs: number;
  /** ISO 8601. */
  readonly at: string;
}

export interface ClusterView {
  readonly nodes: readonly NodeView[];
  /** The newest first. */
  readonly takeovers: readonly TakeoverView[];
}

export function defaultsOf(answer: unknown): ServerDefaults {
  if (!isRecord(answer) || typeof answer['max_iterations'] !== 'number') throw badAnswer('no defaults');
  const { agent, llm_model: model, max_budget: maxBudget } = answer;
  return {
    settingsAreStored: answer['settings_are_stored'] === true,
    lacksLlm: answer['lacks_llm'] === true,
    hasLlm: answer['has_llm'] === true,
    model: typeof model === 'string' ? model : null,
    keyIsSet: answer['llm_api_key_is_set'] === true,
    agent: typeof agent === 'string' ? agent : null,
    maxIterations: answer['max_iterations'],
    maxBudget: typeof maxBudget === 'number' ? maxBudget : null,
    confirmationMode: answer['confirmation_mode'] === true,
  };
}

interface WireNode extends Omit<NodeView, 'startedAt'> {
  readonly started_at: string;
}

interface WireTakeover extends Omit<TakeoverView, 'conversation' | 'durationMs'> {
  readonly sid: string;
  readonly duration_ms: number;
}

export function clusterOf(answer: unknown): ClusterView {
  return {
    nodes: listOf(answer, 'nodes', isNode).map(({ started_at: startedAt, ...node }) => ({
      ...node,
      startedAt,
    })),
    takeovers: listOf(answer, 'takeovers', isTakeover).map(
      ({ sid: conversation, duration_ms: durationMs, ...takeover }) => ({
        ...takeover,
        conversation,
        durationMs,
      }),
    ),
  };
}

function isNode(value: unknown): value is WireNode {
  return (
    isRecord(value) &&
    typeof value['id'] === 'string' &&
    typeof value['live'] === 'boolean' &&
    typeof value['load'] === 'number' &&
    typeof value['started_at'] === 'string' &&
    isStrings(value['running'])
  );
}

function isTakeover(value: unknown): value is WireTakeover {
  return (
    isRecord(value) &&
    typeof value['sid'] === 'string' &&
    typeof value['to'] === 'string' &&
    typeof value['at'] === 'string' &&
    typeof value['duration_ms'] === 'number'
  );
}
