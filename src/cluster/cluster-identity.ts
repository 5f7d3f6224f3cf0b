/**
 * Which cluster a database belongs to: a random id, made once, which names the cluster in Redis, and the fingerprint of
 * the secret key. A node with another key could read nothing that is sealed, and must not start.
 */
import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { ConveneError } from '../errors.ts';
import { makeClusterTables } from './cluster-tables.ts';

export interface ClusterIdentity {
  /** 32 hex digits. */
  readonly id: string;
}

const withinMs = 10_000;

/** Throws `invalid_config` where the cluster has another secret key, and `store_unavailable`. */
export async function openClusterIdentity(options: {
  readonly url: string;
  readonly secretKey: Uint8Array;
}): Promise<ClusterIdentity> {
  const fingerprint = fingerprintOf(options.secretKey);
  const { id, key_fingerprint: known } = await readOrMake(options.url, fingerprint);
  if (known !== fingerprint) {
    const message =
      'This database belongs to a cluster with another CONVENE_SECRET_KEY: give all nodes the same.';
    throw new ConveneError('invalid_config', message);
  }
  return { id };
}

interface ClusterRow {
  readonly id: string;
  readonly key_fingerprint: string;
}

async function readOrMake(url: string, fingerprint: string): Promise<ClusterRow> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    connectionTimeoutMillis: withinMs,
    query_timeout: withinMs,
  });
  pool.on('error', () => {}); // one that breaks while it is used is told by its query
  try {
    await makeClusterTables(pool);
    await pool.query('INSERT INTO cluster (id, key_fingerprint) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      randomBytes(16).toString('hex'),
      fingerprint,
    ]);
    const { rows } = await pool.query<ClusterRow>('SELECT id, key_fingerprint FROM cluster');
    const row = rows[0];
    if (row === undefined) throw new Error('The table "cluster" has lost its row.');
    return row;
  } catch (error) {
    throw new ConveneError('store_unavailable', undefined, { cause: error });
  } finally {
    await pool.end();
  }
}

function fingerprintOf(secretKey: Uint8Array): string {
  return createHash('sha256').update('convene cluster key\n').update(secretKey).digest('hex');
}
