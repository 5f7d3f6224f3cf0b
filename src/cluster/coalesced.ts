/**
 * Work that many may ask for at any time: it is done once at a time, and whoever asks while it is done gets it once more
 * after that, all of them together.
 *
 *   idle ──run()──▶ working ──(asked again meanwhile)──▶ working ──▶ idle
 */
export class Coalesced {
  readonly #task: () => Promise<void>;
  #wanted = false;
  #working: Promise<void> | null = null;

  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  get isWorking(): boolean {
    return this.#working !== null;
  }

  /** Resolves when nothing is asked for any more. Rejects with what the task rejects with; then it is idle again. */
  run(): Promise<void> {
    this.#wanted = true;
    this.#working ??= this.#work();
    return this.#working;
  }

  /** Asks for it once more where it is being done, for those who need not wait. Answers whether it is being done. */
  again(): boolean {
    if (this.#working !== null) this.#wanted = true;
    return this.#working !== null;
  }

  /** Resolves as `run`, and asks for nothing. */
  settled(): Promise<void> {
    return this.#working ?? Promise.resolve();
  }

  async #work(): Promise<void> {
    try {
      while (this.#wanted) {
        this.#wanted = false;
        await this.#task();
      }
    } finally {
      this.#working = null;
    }
  }
}
