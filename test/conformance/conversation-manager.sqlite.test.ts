import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts';
import { conversationManagerConformance } from './conversation-manager.ts';
import { standalone } from './standalone-harness.ts';

conversationManagerConformance(
  'standalone, on SQLite',
  standalone(async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'convene-manager-'));
    const file = path.join(folder, 'convene.db');
    let store = new SqliteEventStore({ file });
    await store.open();
    return {
      store,
      async reopen() {
        await store[Symbol.asyncDispose]();
        store = new SqliteEventStore({ file });
        await store.open();
        return store;
      },
      async close() {
        await store[Symbol.asyncDispose]();
        await rm(folder, { recursive: true });
      },
    };
  }),
);
