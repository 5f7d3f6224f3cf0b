/**
 * The quick way for a batch of many conversations: all its rows are updated and inserted together. Only for *plain*
 * batches: each of another conversation, and none that counts places or asks whether the conversation runs. It appends all
 * or nothing: NULL where one of them is not simply to be appended (its conversation is not there, its key is known, it is
 * fenced or behind). Then `convene_append` goes through them one by one.
 *
 * What comes is one array a column, since nothing else is read as fast. Rows are locked first, by name, as everybody locks
 * them. Plans must not be those of a table that was empty when they were made: every lookup is by an index.
 */
import { z } from 'zod';
import { ConveneError } from '../../errors.ts';
import type { EncodedAppend } from '../append-rules.ts';
import { fromFaithful, toFaithful } from '../faithful-text.ts';
import { type Answer, desiredSchema } from './append-answers.ts';

export const appendManyFunction = `
CREATE OR REPLACE FUNCTION convene_append_many(sids text[], ats bigint[], writers text[], keys text[], epochs bigint[],
  behinds bigint[], amounts integer[], desires text[], dues boolean[], executings bigint[], states text[],
  sealed text[], event_places integer[], event_nths integer[], sources text[], kinds text[], causes bigint[], datas text[]
) RETURNS jsonb LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  numbers bigint[];
  befores bigint[];
  appended integer;
  answers jsonb;
BEGIN
  PERFORM FROM conversation WHERE sid = ANY (sids) ORDER BY sid FOR UPDATE;
  WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(sids, ats, epochs, behinds, amounts, desires, dues, executings, states, sealed)
      WITH ORDINALITY AS one (sid, at, epoch, behind, amount, desire, due, executing, state, sealed, place)
  ), changed AS (
    UPDATE conversation AS c SET
      head = c.head + amount,
      updated_at = CASE WHEN amount > 0 THEN at ELSE c.updated_at END,
      desired = coalesce(desire, c.desired),
      due = coalesce(asked.due, c.due),
      -- -1: none is.
      executing = CASE
        WHEN asked.executing >= 0 THEN c.head + 1 + asked.executing
        WHEN asked.executing = -1 THEN NULL
        ELSE c.executing END,
      agent_state = coalesce(state, c.agent_state),
      settings = coalesce(asked.sealed, c.settings)
    FROM asked
    WHERE c.sid = asked.sid
      AND (asked.epoch IS NULL OR (asked.epoch = c.epoch AND c.owner IS NOT NULL))
      AND (asked.behind IS NULL OR asked.behind >= c.head)
    RETURNING place, c.number, c.head - amount AS before, c.user_id, c.desired, c.owner
  )
  SELECT count(*), array_agg(number ORDER BY place), array_agg(before ORDER BY place),
    jsonb_agg(jsonb_build_array(before + 1, user_id, desired, owner) ORDER BY place)
  INTO appended, numbers, befores, answers FROM changed;
  IF appended < cardinality(sids) THEN RAISE SQLSTATE 'CNONE'; END IF;
  INSERT INTO event (conversation, id, at, source, kind, cause, writer, key, batch, data)
  SELECT numbers[place], befores[place] + nth, ats[place], source, kind, cause, writers[place],
    CASE WHEN nth = 1 THEN keys[place] END, CASE WHEN nth = 1 AND keys[place] IS NOT NULL THEN amounts[place] END, data
  FROM unnest(event_places, event_nths, sources, kinds, causes, datas)
    AS entered (place, nth, source, kind, cause, data);
  RETURN answers;
EXCEPTION WHEN unique_violation OR SQLSTATE 'CNONE' THEN
  RETURN NULL; -- what was done here is undone
END $$;`;

/** The statement that calls it. */
export const appendManySql = `SELECT convene_append_many($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[],
  $6::bigint[], $7::integer[], $8::text[], $9::boolean[], $10::bigint[], $11::text[],
  $12::text[], $13::integer[], $14::integer[], $15::text[], $16::text[], $17::bigint[], $18::text[]) AS answers`;

/** Whether it may have them, and there are enough of them for it to be worth it. */
export function arePlain(requests: readonly EncodedAppend[], least: number): boolean {
  if (requests.length < least) return false;
  const sids = new Set<string>();
  for (const { limit, sid, unlessRunning } of requests) {
    if (limit !== undefined || unlessRunning === true) return false;
    sids.add(sid);
  }
  return sids.size === requests.length;
}

/** The values of its statement. */
export function columnsOf(requests: readonly EncodedAppend[]): unknown[] {
  const each = <Value>(value: (request: EncodedAppend) => Value): Value[] => requests.map(value);
  const events = requests.flatMap((request, index) =>
    request.events.map((event, nth) => ({ ...event, place: index + 1, nth: nth + 1 })),
  );
  return [
    each(({ sid }) => toFaithful(sid)),
    each(({ at }) => at),
    each(({ writer }) => toFaithful(writer)),
    each(({ key }) => (key === undefined ? null : toFaithful(key))),
    each(({ epoch }) => epoch ?? null),
    each(({ behind }) => behind ?? null),
    each((request) => request.events.length),
    each(({ set }) => set?.desired ?? null),
    each(({ set }) => set?.due ?? null),
    each(({ set }) => (set?.executing === null ? -1 : (set?.executing ?? null))),
    each(({ set }) => set?.agentState ?? null),
    each(({ set }) => (set?.settings === undefined ? null : toFaithful(set.settings))),
    events.map(({ place }) => place),
    events.map(({ nth }) => nth),
    events.map(({ source }) => source),
    events.map(({ kind }) => toFaithful(kind)),
    events.map(({ cause }) => cause),
    events.map(({ data }) => data),
  ];
}

const text = z.string().transform(fromFaithful);
const answersSchema = z.array(z.tuple([z.int(), text, desiredSchema, text.nullable()])).nullable();

/** Null where it has appended nothing. */
export function answersOf(answers: unknown, requests: readonly EncodedAppend[]): Answer[] | null {
  const told = answersSchema.parse(answers);
  if (told === null) return null;
  return requests.map(({ events }, place) => {
    const answer = told[place];
    if (answer === undefined) throw new ConveneError('internal', 'An append was not answered.');
    const [first, userId, desired, owner] = answer;
    const head = first + events.length - 1;
    return { outcome: 'appended', first, head, created: false, userId, desired, owner };
  });
}
