/**
 * The quick way for a batch of many conversations: all its rows are updated and inserted together. Only for *plain*
 * batches: each of another conversation, and none that counts places or asks whether the conversation runs. It appends all
 * or nothing: NULL where one of them is not simply to be appended (its conversation is not there, its key is known, it is
 * fenced or behind). Then `convene_append` goes through them one by one, in the same statement.
 *
 * Rows are locked first, by name, as everybody locks them. Plans must not be those of a table that was empty when they
 * were made: every lookup is by an index.
 */
export const appendManyFunction = `
CREATE OR REPLACE FUNCTION convene_append_many(requests jsonb) RETURNS jsonb LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  sids text[];
  appended integer;
  answers jsonb;
BEGIN
  SELECT array_agg(one->>'sid') INTO sids FROM jsonb_array_elements(requests) AS one;
  PERFORM FROM conversation WHERE sid = ANY (sids) ORDER BY sid FOR UPDATE;

  WITH asked AS MATERIALIZED (
    SELECT one.*, jsonb_array_length(events) AS amount
    FROM ROWS FROM (jsonb_to_recordset(requests)
      AS (sid text, at bigint, writer text, key text, epoch bigint, behind bigint, events jsonb, set jsonb)
    ) WITH ORDINALITY AS one (sid, at, writer, key, epoch, behind, events, set, place)
  ), changed AS (
    UPDATE conversation AS c SET
      head = c.head + amount,
      updated_at = CASE WHEN amount > 0 THEN at ELSE c.updated_at END,
      desired = coalesce(set->>'desired', c.desired),
      due = coalesce((set->>'due')::boolean, c.due),
      executing = CASE
        WHEN jsonb_typeof(set->'executing') = 'number' THEN c.head + 1 + (set->>'executing')::bigint
        WHEN set ? 'executing' THEN NULL
        ELSE c.executing END,
      agent_state = coalesce(set->>'agentState', c.agent_state),
      settings = coalesce(set->>'settings', c.settings)
    FROM asked
    WHERE c.sid = asked.sid
      AND (asked.epoch IS NULL OR (asked.epoch = c.epoch AND c.owner IS NOT NULL))
      AND (asked.behind IS NULL OR asked.behind >= c.head)
    RETURNING place, amount, at, asked.writer, asked.key, asked.events, c.number, c.head - amount AS before, c.user_id,
      c.desired, c.owner
  ), inserted AS (
    INSERT INTO event (conversation, id, at, source, kind, cause, writer, key, batch, data)
    SELECT number, before + nth, at, e->>0, e->>1, (e->>2)::bigint, writer,
      CASE WHEN nth = 1 THEN key END, CASE WHEN nth = 1 AND key IS NOT NULL THEN amount END, e->>3
    FROM changed, jsonb_array_elements(changed.events) WITH ORDINALITY AS entered (e, nth)
  )
  SELECT jsonb_agg(jsonb_build_object('outcome', 'appended', 'first', before + 1, 'head', before + amount,
    'created', false, 'userId', user_id, 'desired', desired, 'owner', owner) ORDER BY place), count(*)
  INTO answers, appended FROM changed;
  IF appended < cardinality(sids) THEN RAISE SQLSTATE 'CNONE'; END IF;
  RETURN answers;
EXCEPTION WHEN unique_violation OR SQLSTATE 'CNONE' THEN
  RETURN NULL; -- what was done here is undone
END $$;`;
