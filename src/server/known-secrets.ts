/** The secrets that this process has met: what its log must not show, wherever it may stand in a message. */
import { type Redactor, redactor } from '../events/redaction.ts';
import { type Settings, secretsOf } from '../store/settings.ts';
import type { SettingsStore } from '../store/settings-store.ts';

/** Grows only. */
export class KnownSecrets {
  readonly #secrets = new Set<string>();
  #redactor: Redactor = redactor([]);

  constructor(secrets: readonly (string | null)[] = []) {
    this.add(secrets);
  }

  add(secrets: readonly (string | null)[]): void {
    const before = this.#secrets.size;
    for (const secret of secrets) if (secret !== null) this.#secrets.add(secret);
    if (this.#secrets.size > before) this.#redactor = redactor([...this.#secrets]);
  }

  redact(text: string): string {
    return this.#redactor.text(text);
  }
}

/** The same settings; their secrets become known as they pass. */
export function noting(settings: SettingsStore, secrets: KnownSecrets): SettingsStore {
  const note = (passing: Settings | null): void => {
    if (passing !== null) secrets.add(secretsOf(passing));
  };
  return {
    async load(userId) {
      const loaded = await settings.load(userId);
      note(loaded);
      return loaded;
    },
    async save(userId, saved) {
      note(saved);
      await settings.save(userId, saved);
    },
  };
}
