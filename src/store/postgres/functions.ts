/**
 * What runs within the database, so that an append is one round trip and no transaction waits for a node.
 *
 * `convene_append(requests)` takes a JSON list of requests and answers a list as long, in the same order. The rules and
 * their order are those of `../append-rules.ts`; whether a repeated batch says the same is for the caller to judge. Locks
 * are taken in one order by everybody, so that no two calls wait for each other: users whose places are counted, by
 * name; then conversations, in the order of the requests, which the caller sorts by sid.
 *
 * Texts come as `../faithful-text.ts` writes them, and an event's `data` as a JSON string: its escapes are not read here.
 */
export const appendFunction = `
CREATE OR REPLACE FUNCTION convene_append(requests jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  r jsonb;
  c conversation%ROWTYPE;
  answers jsonb[] := '{}';
  answer jsonb;
  counted text;
  is_new boolean;
  first_id bigint;
  batch_size integer;
  batch_id bigint;
  wished text;
  s jsonb;
  amount integer;
BEGIN
  FOR counted IN
    SELECT DISTINCT coalesce(known.user_id, asked.value->'create'->>'userId') AS user_id
    FROM jsonb_array_elements(requests) AS asked
    LEFT JOIN conversation AS known ON known.sid = asked.value->>'sid'
    WHERE asked.value ? 'limit'
    ORDER BY 1
  LOOP
    IF counted IS NOT NULL THEN
      PERFORM pg_advisory_xact_lock(hashtextextended('convene.user.' || counted, 0));
    END IF;
  END LOOP;

  FOR r IN SELECT value FROM jsonb_array_elements(requests) WITH ORDINALITY ORDER BY ordinality LOOP
    answer := NULL;
    is_new := false;
    amount := jsonb_array_length(r->'events');
    LOOP
      SELECT * INTO c FROM conversation WHERE sid = r->>'sid' FOR UPDATE;
      EXIT WHEN FOUND;
      IF EXISTS (SELECT 1 FROM removed WHERE sid = r->>'sid') THEN
        answer := '{"outcome": "missing", "deleted": true}';
      ELSIF NOT r ? 'create' THEN
        answer := '{"outcome": "missing", "deleted": false}';
      ELSIF r ? 'epoch' THEN
        answer := '{"outcome": "fenced", "epoch": 0}';
      ELSIF (r->>'behind')::bigint < -1 THEN
        answer := '{"outcome": "behind", "head": -1}';
      END IF;
      EXIT WHEN answer IS NOT NULL;
      -- Somebody else may create it in this moment: then it is looked at again.
      INSERT INTO conversation (sid, user_id, created_at, updated_at, head, desired, due, owner, epoch, executing,
        agent_state, title, selected_repository, selected_branch, settings)
      VALUES (r->>'sid', r->'create'->>'userId', (r->>'at')::bigint, (r->>'at')::bigint, -1, 'stopped', false, NULL, 0,
        NULL, 'loading', r->'create'->>'title', r->'create'->>'selectedRepository',
        r->'create'->>'selectedBranch', r->'create'->>'settings')
      ON CONFLICT (sid) DO NOTHING
      RETURNING * INTO c;
      is_new := FOUND;
      EXIT WHEN is_new;
    END LOOP;

    IF answer IS NULL AND NOT is_new THEN
      IF r ? 'key' AND amount > 0 THEN
        SELECT id, batch INTO batch_id, batch_size FROM event
        WHERE conversation = c.number AND writer = r->>'writer' AND key = r->>'key';
        IF FOUND THEN
          SELECT jsonb_build_object('outcome', 'repeated', 'head', c.head, 'userId', c.user_id, 'desired', c.desired,
            'owner', c.owner, 'rows', jsonb_agg(jsonb_build_object('id', id, 'at', at, 'source', source, 'kind', kind,
            'cause', cause, 'data', data) ORDER BY id))
          INTO answer FROM event
          WHERE conversation = c.number AND id >= batch_id AND id < batch_id + batch_size;
        END IF;
      END IF;
      IF answer IS NOT NULL THEN
        NULL;
      ELSIF (r->>'unlessRunning')::boolean AND c.desired = 'running' THEN
        answer := jsonb_build_object('outcome', 'running', 'head', c.head, 'userId', c.user_id);
      ELSIF r ? 'epoch' AND ((r->>'epoch')::bigint <> c.epoch OR c.owner IS NULL) THEN
        answer := jsonb_build_object('outcome', 'fenced', 'epoch', c.epoch);
      ELSIF (r->>'behind')::bigint < c.head THEN
        answer := jsonb_build_object('outcome', 'behind', 'head', c.head);
      END IF;
    END IF;

    IF answer IS NULL THEN
      s := coalesce(r->'set', '{}');
      wished := coalesce(s->>'desired', c.desired);
      IF r ? 'limit' AND s->>'desired' = 'running' AND c.desired <> 'running' AND
        (SELECT count(*) FROM conversation WHERE user_id = c.user_id AND desired = 'running')
          >= (r->>'limit')::numeric
      THEN
        wished := 'waiting';
      END IF;
      first_id := c.head + 1;
      INSERT INTO event (conversation, id, at, source, kind, cause, writer, key, batch, data)
      SELECT c.number, first_id + place - 1, (r->>'at')::bigint, e->>0, e->>1, (e->>2)::bigint, r->>'writer',
        CASE WHEN place = 1 THEN r->>'key' END, CASE WHEN place = 1 AND r ? 'key' THEN amount END, e->>3
      FROM jsonb_array_elements(r->'events') WITH ORDINALITY AS entered (e, place);
      UPDATE conversation SET
        head = c.head + amount,
        updated_at = CASE WHEN amount > 0 THEN (r->>'at')::bigint ELSE c.updated_at END,
        desired = wished,
        due = coalesce((s->>'due')::boolean, c.due),
        executing = CASE
          WHEN jsonb_typeof(s->'executing') = 'number' THEN first_id + (s->>'executing')::bigint
          WHEN s ? 'executing' THEN NULL
          ELSE c.executing END,
        agent_state = coalesce(s->>'agentState', c.agent_state),
        settings = coalesce(s->>'settings', c.settings)
      WHERE number = c.number;
      answer := jsonb_build_object('outcome', 'appended', 'first', first_id, 'head', c.head + amount,
        'created', is_new, 'userId', c.user_id, 'desired', wished, 'owner', c.owner);
    END IF;
    -- An array grows in place; a jsonb list would be copied each time.
    answers := array_append(answers, answer);
  END LOOP;
  RETURN to_jsonb(answers);
END $$;`;

/** Removes a conversation: its row first, so that whoever appends to it meanwhile has done so before its events go. */
export const removeFunction = `
CREATE OR REPLACE FUNCTION convene_remove(name text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  gone bigint;
BEGIN
  DELETE FROM conversation WHERE sid = name RETURNING number INTO gone;
  IF gone IS NULL THEN RETURN false; END IF;
  INSERT INTO removed (sid) VALUES (name);
  DELETE FROM event WHERE conversation = gone;
  DELETE FROM snapshot WHERE conversation = gone;
  RETURN true;
END $$;`;
