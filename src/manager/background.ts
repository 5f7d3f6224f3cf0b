/**
 * Work that nobody waits for where it begins: it has an owner here, which reports its failures and waits for it in
 * the end.
 */
export class Background {
  readonly #running = new Set<Promise<void>>();
  readonly #onError: (error: unknown, what: string) => void;

  constructor(onError: (error: unknown, what: string) => void) {
    this.#onError = onError;
  }

  run(what: string, task: () => Promise<unknown>): void {
    const running: Promise<void> = new Promise((resolve) => resolve(task()))
      .then(
        () => {},
        (error: unknown) => this.#onError(error, what),
      )
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when nothing runs any more, what was begun meanwhile included. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
