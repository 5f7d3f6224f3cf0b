/**
 * What was acquired, to be released in the opposite order. As the language's own `AsyncDisposableStack`, which Node 22
 * does not have.
 */
export class ReleaseStack implements AsyncDisposable {
  #releases: (() => void | PromiseLike<void>)[] = [];

  use<T extends AsyncDisposable | Disposable>(resource: T): T {
    this.#releases.push(() =>
      Symbol.asyncDispose in resource ? resource[Symbol.asyncDispose]() : resource[Symbol.dispose](),
    );
    return resource;
  }

  defer(release: () => void | PromiseLike<void>): void {
    this.#releases.push(release);
  }

  /** Hands everything over to a new stack: disposing of this one releases nothing any more. */
  move(): ReleaseStack {
    const moved = new ReleaseStack();
    moved.#releases = this.#releases;
    this.#releases = [];
    return moved;
  }

  /** Releases all, also where one fails; then throws what failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (let release = this.#releases.pop(); release !== undefined; release = this.#releases.pop()) {
      try {
        await release();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'several resources could not be released');
  }
}
