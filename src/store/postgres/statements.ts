/** All SQL of the store but its functions: a name a statement. */

import { pageSize } from '../query-rules.ts';
import { appendManySql } from './append-many.ts';

export const sql = {
  append: 'SELECT convene_append($1::jsonb) AS answers',
  appendMany: appendManySql,
  remove: 'SELECT convene_remove($1) AS removed',

  claim: `
    UPDATE conversation SET owner = $2, epoch = epoch + 1
    WHERE sid = $1 AND (owner IS NULL OR owner = $2 OR owner = ANY ($3::text[]))
      AND (desired = 'running' OR (desired = 'stopped' AND due))
    RETURNING *`,
  release: 'UPDATE conversation SET owner = NULL WHERE sid = $1 AND epoch = $2 AND epoch > 0 RETURNING sid',
  markExecuting: `
    UPDATE conversation SET executing = $3 WHERE sid = $1 AND epoch = $2 AND owner IS NOT NULL RETURNING sid`,
  rename: `
    UPDATE conversation SET title = $2 WHERE sid = $1 AND ($3::text IS NULL OR title = $3) RETURNING sid`,
  saveSnapshot: `
    INSERT INTO snapshot (conversation, version, id, state)
    SELECT number, $2, $3, $4 FROM conversation WHERE sid = $1
    ON CONFLICT (conversation, version) DO UPDATE SET id = excluded.id, state = excluded.state
    WHERE excluded.id >= snapshot.id`,
  loadSnapshot: `
    SELECT s.id, s.state FROM conversation AS c JOIN snapshot AS s ON s.conversation = c.number
    WHERE c.sid = $1 AND s.version = $2`,

  conversation: 'SELECT * FROM conversation WHERE sid = $1',
  heads: 'SELECT sid, head FROM conversation WHERE sid = ANY ($1::text[])',
  newestOfAll: 'SELECT * FROM conversation ORDER BY created_at DESC, sid DESC LIMIT $1',
  afterOfAll: `
    SELECT * FROM conversation WHERE (created_at, sid) < ($2, $3) ORDER BY created_at DESC, sid DESC LIMIT $1`,
  newestOfUser: `
    SELECT * FROM conversation WHERE user_id = $2 ORDER BY created_at DESC, sid DESC LIMIT $1`,
  afterOfUser: `
    SELECT * FROM conversation WHERE user_id = $2 AND (created_at, sid) < ($3, $4)
    ORDER BY created_at DESC, sid DESC LIMIT $1`,

  due: `
    SELECT * FROM conversation
    WHERE due AND desired <> 'waiting' AND (owner IS NULL OR owner <> ALL ($1::text[]))
    ORDER BY updated_at, sid LIMIT $2`,
  waiting: `
    SELECT * FROM conversation WHERE user_id = $1 AND desired = 'waiting' ORDER BY updated_at, sid LIMIT $2`,
  waitingUsers: `
    SELECT DISTINCT user_id FROM conversation WHERE desired = 'waiting' AND ($1::text IS NULL OR user_id > $1)
    ORDER BY user_id LIMIT $2`,
  running: `
    SELECT * FROM conversation WHERE user_id = $1 AND desired = 'running' ORDER BY updated_at, sid LIMIT $2`,
  owned: 'SELECT * FROM conversation WHERE owner IS NOT NULL AND owner = ANY ($1::text[])',
  ownedOfUser: `
    SELECT * FROM conversation WHERE owner IS NOT NULL AND owner = ANY ($1::text[]) AND user_id = $2`,
  ownedOfSids: `
    SELECT * FROM conversation
    WHERE owner = ANY ($1::text[]) AND ($2::text IS NULL OR user_id = $2) AND sid = ANY ($3::text[])`,

  ascending: page('ASC'),
  descending: page('DESC'),
} as const;

/**
 * Rows of one conversation up to the one that makes them longer than a page, and how many there are before that is
 * looked at (`total`).
 */
function page(order: 'ASC' | 'DESC'): string {
  return `
    WITH found AS (
      SELECT e.id, e.at, e.source, e.kind, e.cause, e.data
      FROM conversation AS c JOIN event AS e ON e.conversation = c.number
      WHERE c.sid = $1 AND e.id > $2 AND e.id < $3 AND e.at >= $4 AND e.at <= $5
        AND ($6::text IS NULL OR e.source = $6) AND ($7::text[] IS NULL OR e.kind = ANY ($7))
      ORDER BY e.id ${order} LIMIT $8
    ), sized AS (
      SELECT *, count(*) OVER () AS total, coalesce(sum(length(data)) OVER (
        ORDER BY id ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
      FROM found
    )
    SELECT id, at, source, kind, cause, data, total FROM sized WHERE before < ${pageSize} ORDER BY id ${order}`;
}
