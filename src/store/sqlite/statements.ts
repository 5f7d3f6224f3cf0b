/** All SQL that runs on the log after it was opened, a name a statement. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

const addEvent = `
  INSERT INTO event (place, conversation, id, at, source, kind, cause, writer, key, batch, data)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const writing = {
  begin: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',

  conversation: 'SELECT * FROM conversation WHERE sid = ?',
  isRemoved: 'SELECT 1 FROM removed WHERE sid = ?',
  countRunning: "SELECT count(*) AS count FROM conversation WHERE user_id = ? AND desired = 'running'",

  addConversation: `
    INSERT INTO conversation (sid, user_id, created_at, updated_at, head, desired, due, owner, epoch, executing,
      agent_state, title, selected_repository, selected_branch, settings)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  // What changes often, and carries no index.
  setProgress: `
    UPDATE conversation SET updated_at = ?, head = ?, epoch = ?, executing = ?, agent_state = ? WHERE number = ?`,
  // Apart, because each rewrites the pages of all indexes that name its column.
  setOwner: 'UPDATE conversation SET owner = ? WHERE number = ?',
  setDesired: 'UPDATE conversation SET desired = ? WHERE number = ?',
  setDue: 'UPDATE conversation SET due = ? WHERE number = ?',
  setSettings: 'UPDATE conversation SET settings = ? WHERE number = ?',
  setTitle: 'UPDATE conversation SET title = ? WHERE number = ?',

  addEvent,
  // Adds nothing where its key is stored already; any other conflict fails.
  addNamedEvent: `${addEvent} ON CONFLICT (conversation, writer, key) WHERE key IS NOT NULL DO NOTHING`,
  lastPlace: 'SELECT max(place) AS place FROM event',
  // The first row of a batch has its key, and tells how many rows it has.
  batch: 'SELECT id, batch FROM event WHERE conversation = ? AND writer = ? AND key = ?',
  batchRows: `
    SELECT id, at, source, kind, cause, data FROM event WHERE conversation = ? AND id >= ? AND id < ? ORDER BY id`,

  saveSnapshot: `
    INSERT INTO snapshot (conversation, version, id, state) VALUES (?, ?, ?, ?)
    ON CONFLICT (conversation, version) DO UPDATE SET id = excluded.id, state = excluded.state
    WHERE excluded.id >= snapshot.id`,

  deleteConversation: 'DELETE FROM conversation WHERE number = ?',
  addRemoved: 'INSERT INTO removed (sid, number, purged) VALUES (?, ?, 0)',
  // A place is not used again when the newest events are deleted.
  keepLastPlace: "INSERT OR REPLACE INTO meta (name, value) VALUES ('last_place', ?)",
  keptLastPlace: "SELECT value FROM meta WHERE name = 'last_place'",

  nextToPurge: 'SELECT place, number FROM removed WHERE purged = 0 ORDER BY place LIMIT 1',
  firstToPurge: 'SELECT id, octet_length(data) AS size FROM event WHERE conversation = ? ORDER BY id LIMIT ?',
  purgeEvents: 'DELETE FROM event WHERE conversation = ? AND id <= ?',
  purgeSnapshots: 'DELETE FROM snapshot WHERE conversation = ?',
  setPurged: 'UPDATE removed SET purged = 1 WHERE place = ?',
} as const;

/** The filters of a query; `kinds` is a JSON list or null. */
const filters = `
  AND e.at >= :since AND e.at <= :until
  AND (:source IS NULL OR e.source = :source)
  AND (:kinds IS NULL OR e.kind IN (SELECT value FROM json_each(:kinds)))`;

const eventColumns = 'e.id, e.at, e.source, e.kind, e.cause, e.data';

const range = `
  SELECT ${eventColumns} FROM event AS e
  WHERE e.conversation = :number AND e.id > :after AND e.id < :before ${filters}
  ORDER BY e.id`;

/** The rowid of an indexed event is its place; places go up with the ids of a conversation. */
const found = `
  SELECT ${eventColumns} FROM search.words CROSS JOIN event AS e ON e.place = words.rowid
  WHERE words MATCH :match AND words.rowid > :afterPlace AND words.rowid < :beforePlace
    AND e.conversation = :number ${filters}
  ORDER BY words.rowid`;

const reading = {
  begin: 'BEGIN',
  commit: 'COMMIT',

  conversation: 'SELECT * FROM conversation WHERE sid = ?',
  number: 'SELECT number, head FROM conversation WHERE sid = ?',
  heads: 'SELECT sid, head FROM conversation WHERE sid IN (SELECT value FROM json_each(?))',

  newestOfAll: 'SELECT * FROM conversation ORDER BY created_at DESC, sid DESC LIMIT ?',
  afterOfAll: `
    SELECT * FROM conversation WHERE (created_at, sid) < (?, ?) ORDER BY created_at DESC, sid DESC LIMIT ?`,
  newestOfUser: 'SELECT * FROM conversation WHERE user_id = ? ORDER BY created_at DESC, sid DESC LIMIT ?',
  afterOfUser: `
    SELECT * FROM conversation WHERE user_id = ? AND (created_at, sid) < (?, ?)
    ORDER BY created_at DESC, sid DESC LIMIT ?`,

  due: `
    SELECT * FROM conversation
    WHERE due = 1 AND desired <> 'waiting' AND (owner IS NULL OR owner NOT IN (SELECT value FROM json_each(?)))
    ORDER BY updated_at, sid LIMIT ?`,
  waiting: `
    SELECT * FROM conversation WHERE user_id = ? AND desired = 'waiting' ORDER BY updated_at, sid LIMIT ?`,
  waitingUsers:
    "SELECT DISTINCT user_id FROM conversation WHERE desired = 'waiting' ORDER BY user_id LIMIT ?",
  waitingUsersAfter: `
    SELECT DISTINCT user_id FROM conversation WHERE desired = 'waiting' AND user_id > ? ORDER BY user_id LIMIT ?`,
  running: `
    SELECT * FROM conversation WHERE user_id = ? AND desired = 'running' ORDER BY updated_at, sid LIMIT ?`,

  owned: 'SELECT * FROM conversation WHERE owner IS NOT NULL AND owner IN (SELECT value FROM json_each(?))',
  ownedOfUser: `
    SELECT * FROM conversation
    WHERE owner IS NOT NULL AND owner IN (SELECT value FROM json_each(?1)) AND user_id = ?2`,
  ownedOfSids: `
    SELECT * FROM conversation
    WHERE owner IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR user_id = ?2)
      AND sid IN (SELECT value FROM json_each(?3))`,

  snapshot: `
    SELECT s.id, s.state FROM conversation AS c JOIN snapshot AS s ON s.conversation = c.number
    WHERE c.sid = ? AND s.version = ?`,

  ascending: `${range} LIMIT :most`,
  descending: `${range} DESC LIMIT :most`,
  foundAscending: `${found} LIMIT :most`,
  foundDescending: `${found} DESC LIMIT :most`,

  place: 'SELECT place FROM event WHERE conversation = ? AND id = ?',
  indexedPlace: 'SELECT place FROM search.progress',
  lastPlace: 'SELECT max(place) AS place FROM event',
} as const;

export type WritingStatements = Readonly<Record<keyof typeof writing, StatementSync>>;
export type ReadingStatements = Readonly<Record<keyof typeof reading, StatementSync>>;

export function prepareWriting(database: DatabaseSync): WritingStatements {
  return prepareAll(database, writing);
}

export function prepareReading(database: DatabaseSync): ReadingStatements {
  return prepareAll(database, reading);
}

function prepareAll<Name extends string>(
  database: DatabaseSync,
  sources: Readonly<Record<Name, string>>,
): Record<Name, StatementSync> {
  const prepared: Partial<Record<Name, StatementSync>> = {};
  for (const name in sources) prepared[name] = database.prepare(sources[name]);
  if (!isComplete(prepared, sources)) throw new Error('A statement was not prepared.');
  return prepared;
}

function isComplete<Name extends string>(
  prepared: Partial<Record<Name, StatementSync>>,
  sources: Readonly<Record<Name, string>>,
): prepared is Record<Name, StatementSync> {
  return Object.keys(prepared).length === Object.keys(sources).length;
}
