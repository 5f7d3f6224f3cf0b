/** Rows of the log as records and events, and back. A row that is not what was written is refused as `internal`. */

import { ConveneError } from '../errors.ts';
import { type AgentState, agentStates } from '../events/agent-state.ts';
import { type Source, sources } from '../events/event.ts';
import type { EventRow } from './event-row.ts';
import type { ConversationRecord, Desired } from './event-store.ts';
import { fromFaithful, toFaithful } from './faithful-text.ts';

const desiredStates: readonly Desired[] = ['running', 'waiting', 'stopped'];

export type Row = Readonly<Record<string, unknown>>;

export function integerOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw damaged(column);
  return value;
}

function integerOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : integerOf(row, column);
}

/** Text that was stored as it is. */
export function plainTextOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw damaged(column);
  return value;
}

/** Text that was stored as `toFaithful` writes it. */
export function textOf(row: Row, column: string): string {
  return fromFaithful(plainTextOf(row, column));
}

function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : textOf(row, column);
}

export function faithfulOrNull(value: string | null): string | null {
  return value === null ? null : toFaithful(value);
}

export function recordOf(row: Row): ConversationRecord {
  return {
    sid: plainTextOf(row, 'sid'),
    userId: textOf(row, 'user_id'),
    title: textOf(row, 'title'),
    selectedRepository: textOrNull(row, 'selected_repository'),
    selectedBranch: textOrNull(row, 'selected_branch'),
    createdAt: integerOf(row, 'created_at'),
    updatedAt: integerOf(row, 'updated_at'),
    head: integerOf(row, 'head'),
    desired: desiredOf(row),
    owner: textOrNull(row, 'owner'),
    epoch: integerOf(row, 'epoch'),
    executing: integerOrNull(row, 'executing'),
    agentState: agentStateOf(row),
    due: row['due'] === 1 || row['due'] === true,
    settings: textOrNull(row, 'settings'),
  };
}

export function eventRowOf(row: Row): EventRow {
  return {
    id: integerOf(row, 'id'),
    at: integerOf(row, 'at'),
    source: sourceOf(row),
    kind: textOf(row, 'kind'),
    cause: integerOrNull(row, 'cause'),
    data: plainTextOf(row, 'data'),
  };
}

function sourceOf(row: Row): Source {
  const found = sources.find((source) => source === row['source']);
  if (found === undefined) throw damaged('source');
  return found;
}

function desiredOf(row: Row): Desired {
  const found = desiredStates.find((desired) => desired === row['desired']);
  if (found === undefined) throw damaged('desired');
  return found;
}

function agentStateOf(row: Row): AgentState {
  const found = agentStates.find((state) => state === row['agent_state']);
  if (found === undefined) throw damaged('agent_state');
  return found;
}

function damaged(column: string): ConveneError {
  return new ConveneError(
    'internal',
    `The column ${column} of a row is not readable. The database is damaged.`,
  );
}
