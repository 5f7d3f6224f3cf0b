/**
 * The settings that a conversation was started with: sealed into its record, opened for its loop, and the source of
 * the secrets that never reach its log.
 */
import { type Redactor, redactor } from '../events/redaction.ts';
import type { ConversationRecord, EventStore } from '../store/event-store.ts';
import { seal, unseal } from '../store/sealing.ts';
import { type Settings, secretsOf, settingsSchema } from '../store/settings.ts';

/** Redactors kept for conversations that were used last. */
const KEPT = 20_000;

export class ConversationSettings {
  readonly #key: Uint8Array;
  readonly #store: EventStore;
  /** The server's own secrets: they are nobody's to log either. */
  readonly #serverSecrets: readonly string[];
  readonly #plain: Redactor;
  readonly #redactors = new Map<string, Redactor>();
  /** Being looked up: whoever comes meanwhile waits for the same answer, so that nobody overtakes. */
  readonly #pending = new Map<string, Promise<Redactor>>();

  constructor(options: { key: Uint8Array; store: EventStore; serverSecrets?: readonly string[] }) {
    this.#key = options.key;
    this.#store = options.store;
    this.#serverSecrets = options.serverSecrets ?? [];
    this.#plain = redactor(this.#serverSecrets);
  }

  seal(sid: string, settings: Settings): string {
    return seal(JSON.stringify(settings), this.#key, sid);
  }

  /** Throws `invalid_config` where they were sealed with another key. */
  open(record: ConversationRecord): Settings | null {
    if (record.settings === null) return null;
    return settingsSchema.parse(JSON.parse(unseal(record.settings, this.#key, record.sid)));
  }

  /** Takes this conversation's secrets out. A promise only where they have to be looked up. */
  redactor(sid: string): Redactor | Promise<Redactor> {
    const known = this.#redactors.get(sid);
    if (known !== undefined) this.#keep(sid, known);
    const found = this.#pending.get(sid) ?? known;
    if (found !== undefined) return found;
    const pending = this.#lookUp(sid).finally(() => this.#pending.delete(sid));
    this.#pending.set(sid, pending);
    return pending;
  }

  /** From now on these are the conversation's settings. */
  use(sid: string, settings: Settings | null): Redactor {
    const secrets = settings === null ? [] : secretsOf(settings);
    const made = secrets.length === 0 ? this.#plain : redactor([...secrets, ...this.#serverSecrets]);
    this.#keep(sid, made);
    return made;
  }

  /** The one that was used last is the last to go. */
  #keep(sid: string, made: Redactor): void {
    this.#redactors.delete(sid);
    this.#redactors.set(sid, made);
    if (this.#redactors.size <= KEPT) return;
    const [oldest] = this.#redactors.keys();
    if (oldest !== undefined) this.#redactors.delete(oldest);
  }

  forget(sid: string): void {
    this.#redactors.delete(sid);
  }

  async #lookUp(sid: string): Promise<Redactor> {
    const record = await this.#store.conversation(sid);
    // An unknown conversation's append is refused anyway; nothing is remembered of it.
    if (record === null) return this.#plain;
    return this.#redactors.get(sid) ?? this.use(sid, this.open(record));
  }
}
