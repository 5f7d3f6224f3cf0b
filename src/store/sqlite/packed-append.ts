/**
 * Appends and their answers as they travel between the threads. Tuples, because the names of an object's properties
 * would be written, sent and read with every call: that cost as much as the call.
 */
import type { Source } from '../../events/event.ts';
import type { EncodedAppend, Refusal } from '../append-rules.ts';
import type { EncodedEvent, EventRow } from '../event-row.ts';
import type { AppendRequest, Desired } from '../event-store.ts';

/** What few requests have. */
type Terms = Pick<AppendRequest, (typeof termNames)[number]>;

const termNames = ['epoch', 'behind', 'create', 'unlessRunning', 'limit', 'set'] as const;

type PackedEvent = readonly [source: Source, kind: string, cause: number | null, data: string];

export type PackedAppend = readonly [
  sid: string,
  at: number,
  writer: string,
  key: string | null,
  terms: Terms | null,
  ...events: readonly PackedEvent[],
];

/** What an append is answered with, before its events are put together. */
export type PackedAnswer =
  | Refusal
  | readonly [
      /** The id of the batch's first event. */
      first: number,
      head: number,
      created: boolean,
      userId: string,
      desired: Desired,
      owner: string | null,
      /** The rows that were found stored; null where they are those of the request. */
      rows: readonly EventRow[] | null,
    ];

export function packAppend(request: EncodedAppend): PackedAppend {
  const { at, events, key, sid, writer } = request;
  const terms = termNames.some((name) => request[name] !== undefined) ? termsOf(request) : null;
  return [sid, at, writer, key ?? null, terms, ...events.map(packEvent)];
}

export function unpackAppend([sid, at, writer, key, terms, ...events]: PackedAppend): EncodedAppend {
  const request = { sid, at, writer, events: events.map(unpackEvent) };
  if (key === null) return { ...request, ...terms };
  return terms === null ? { ...request, key } : { ...request, key, ...terms };
}

function termsOf({ behind, create, epoch, limit, set, unlessRunning }: EncodedAppend): Terms {
  return {
    ...(epoch !== undefined && { epoch }),
    ...(behind !== undefined && { behind }),
    ...(create !== undefined && { create }),
    ...(unlessRunning !== undefined && { unlessRunning }),
    ...(limit !== undefined && { limit }),
    ...(set !== undefined && { set }),
  };
}

function packEvent({ cause, data, kind, source }: EncodedEvent): PackedEvent {
  return [source, kind, cause, data];
}

function unpackEvent([source, kind, cause, data]: PackedEvent): EncodedEvent {
  return { source, kind, cause, data };
}
