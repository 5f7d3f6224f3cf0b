/** Mutants of what an append changes, and of what several at once do to each other. */
import type { SqlMutant } from './sql-mutant.ts';

const functions = 'functions.ts';
/** Not as a set. */
const oneByOne = { manyFrom: Number.MAX_SAFE_INTEGER };
const store = 'postgres-event-store.ts';

export const mutantsOfAppendEffects: readonly SqlMutant[] = [
  {
    name: 'ids from the head',
    file: functions,
    replace: 'first_id := c.head + 1;',
    by: 'first_id := c.head;',
    test: 'append > events',
  },
  {
    name: 'ids counted from one',
    file: functions,
    replace: 'SELECT c.number, first_id + place - 1,',
    by: 'SELECT c.number, first_id + place,',
    test: 'append > events',
  },
  {
    name: 'head moved by one',
    file: functions,
    replace: '        head = c.head + amount,\n',
    by: '        head = c.head + 1,\n',
    test: 'append > events',
  },
  {
    name: 'due that stays once it is set',
    file: functions,
    replace: "due = coalesce((s->>'due')::boolean, c.due)",
    by: "due = c.due OR coalesce((s->>'due')::boolean, false)",
    test: 'append > columns',
  },
  {
    name: 'executing not cleared',
    file: functions,
    replace: "WHEN s ? 'executing' THEN NULL",
    by: "WHEN s ? 'executing' THEN c.executing",
    test: 'append > columns',
  },
  {
    name: 'executing cleared by every append',
    file: functions,
    replace: 'ELSE c.executing END,',
    by: 'ELSE NULL END,',
    test: 'append > columns',
  },
  {
    name: 'executing that names another event',
    file: functions,
    replace: "THEN first_id + (s->>'executing')::bigint",
    by: "THEN (s->>'executing')::bigint",
    test: 'append > columns',
  },
  {
    name: 'state of the agent not set',
    file: functions,
    replace: "coalesce(s->>'agentState', c.agent_state)",
    by: 'c.agent_state',
    test: 'append > columns',
  },
  {
    name: 'settings not set',
    file: functions,
    replace: "coalesce(s->>'settings', c.settings)",
    by: 'c.settings',
    test: 'append > columns',
  },
  {
    name: 'updated by what is no event',
    file: functions,
    replace: "CASE WHEN amount > 0 THEN (r->>'at')::bigint ELSE c.updated_at END",
    by: "(r->>'at')::bigint",
    test: 'append > columns',
  },
  {
    name: 'update that is not noted',
    file: functions,
    replace: "CASE WHEN amount > 0 THEN (r->>'at')::bigint ELSE c.updated_at END",
    by: 'c.updated_at',
    test: 'append > columns',
  },
  {
    name: 'cause lost',
    file: functions,
    replace: "(e->>2)::bigint, r->>'writer'",
    by: "NULL, r->>'writer'",
    test: 'append > events',
  },
  {
    name: 'data whose escapes are read by the database',
    file: functions,
    replace: ', e->>3\n',
    by: ', (e->>3)::jsonb::text\n',
    test: 'append > events',
  },
  {
    name: 'requests not answered in their order',
    file: functions,
    replace: 'answers := array_append(answers, answer);',
    by: 'answers := array_prepend(answer, answers);',
    test: 'append > events',
  },
  {
    name: 'appends of one conversation out of their order',
    file: store,
    replace: ' || left.index - right.index',
    by: ' || right.index - left.index',
    test: 'append > events',
  },
  {
    name: 'answers in the order of the sids',
    file: store,
    replace: 'answers[index] = answer;',
    by: 'answers[place] = answer;',
    test: 'append > events',
  },
  {
    name: 'limit counted without a lock',
    file: functions,
    replace: "PERFORM pg_advisory_xact_lock(hashtextextended('convene.user.' || counted, 0));",
    by: 'NULL;',
    test: 'several nodes > appends of two nodes at once',
  },
  {
    name: 'limit locked for the user of the request, not of the conversation',
    file: functions,
    replace: "coalesce(known.user_id, asked.value->'create'->>'userId')",
    by: "asked.value->'create'->>'userId'",
    test: 'several nodes > appends of two nodes at once',
  },
  {
    name: 'conversation not locked',
    file: functions,
    replace: "WHERE sid = r->>'sid' FOR UPDATE",
    by: "WHERE sid = r->>'sid'",
    options: oneByOne,
    test: 'several nodes > appends of two nodes at once',
  },
  {
    name: 'conversation created by two at once',
    file: functions,
    replace: '      ON CONFLICT (sid) DO NOTHING\n',
    by: '',
    test: 'several nodes > appends of two nodes at once',
  },
];
