/**
 * One process's way to a service that others reach too.
 *
 *   open ⇄ cut (whatever crosses fails at once) ⇄ held (whatever crosses waits until it is open again, or cut)
 */
export type WireState = 'open' | 'cut' | 'held';

interface Crossing {
  readonly go: () => void;
  readonly fail: () => void;
}

export class SimWire {
  readonly #soon: (task: () => void) => void;
  #state: WireState = 'open';
  #waiting: Crossing[] = [];
  #changes = 0;

  /** @param soon Does something in a turn of its own. */
  constructor(soon: (task: () => void) => void) {
    this.#soon = soon;
  }

  get state(): WireState {
    return this.#state;
  }

  /** How often it has become another one. */
  get changes(): number {
    return this.#changes;
  }

  cross(go: () => void, fail: () => void): void {
    if (this.#state === 'open') go();
    else if (this.#state === 'cut') fail();
    else this.#waiting.push({ go, fail });
  }

  set(state: WireState): void {
    if (state !== this.#state) this.#changes += 1;
    this.#state = state;
    if (state === 'held') return;
    for (const { go, fail } of this.#waiting.splice(0)) {
      this.#soon(state === 'open' ? () => this.cross(go, fail) : fail);
    }
  }
}
