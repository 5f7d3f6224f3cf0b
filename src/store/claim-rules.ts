/** The rules of ownership: pure, and the same in every adapter. Each answers with the record after it, or null. */
import type { ConversationRecord } from './event-store.ts';

/** The epoch goes up with every claim, also with one by the present owner. */
export function claimed(
  record: ConversationRecord,
  incarnation: string,
  dead: readonly string[],
): ConversationRecord | null {
  const free = record.owner === null || record.owner === incarnation || dead.includes(record.owner);
  if (!free || !wantsLoop(record)) return null;
  return { ...record, owner: incarnation, epoch: record.epoch + 1 };
}

/** Releasing twice is the same as releasing once. */
export function released(record: ConversationRecord, epoch: number): ConversationRecord | null {
  return epoch > 0 && record.epoch === epoch ? { ...record, owner: null } : null;
}

export function executing(
  record: ConversationRecord,
  epoch: number,
  actionId: number,
): ConversationRecord | null {
  if (record.owner === null || record.epoch !== epoch) return null;
  return { ...record, executing: actionId };
}

/** Whether a claim would find it free: what `due` lists. */
export function isFree(record: ConversationRecord, living: readonly string[]): boolean {
  return record.owner === null || !living.includes(record.owner);
}

/** Whether a loop is wanted: to run the conversation, or to carry out that it was stopped. */
export function wantsLoop({ desired, due }: ConversationRecord): boolean {
  return desired === 'running' || (desired === 'stopped' && due);
}
