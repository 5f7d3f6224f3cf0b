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
  #state: WireState = 'open';
  #waiting: Crossing[] = [];

  get state(): WireState {
    return this.#state;
  }

  cross(go: () => void, fail: () => void): void {
    if (this.#state === 'open') go();
    else if (this.#state === 'cut') fail();
    else this.#waiting.push({ go, fail });
  }

  set(state: WireState): void {
    this.#state = state;
    if (state === 'held') return;
    for (const { go, fail } of this.#waiting.splice(0)) (state === 'open' ? go : fail)();
  }
}
