/** `Presence` in Redis. */
import { RedisPresenceEntries, type RedisPresenceEntriesOptions } from './redis-presence-entries.ts';
import { SharedPresence, type SharedPresenceOptions } from './shared-presence.ts';

export interface RedisPresenceOptions
  extends RedisPresenceEntriesOptions,
    Omit<SharedPresenceOptions, 'entries'> {}

export class RedisPresence extends SharedPresence {
  constructor(options: RedisPresenceOptions) {
    super({ ...options, entries: new RedisPresenceEntries(options) });
  }
}
