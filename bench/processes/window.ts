/** Lets a sender be so many events ahead of its slowest receiver, and no further. */
export class Window {
  readonly #size: number;
  #sent = 0;
  #received = 0;
  #wake: (() => void) | null = null;

  constructor(size: number) {
    this.#size = size;
  }

  /** Resolves when one more may be sent, and counts it. At once, and not a turn later, where there is room. */
  next(): Promise<void> | undefined {
    this.#sent += 1;
    if (this.#sent - this.#received <= this.#size) return undefined;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** All receivers have so many. */
  received(count: number): void {
    this.#received = count;
    if (this.#sent - count > this.#size) return;
    this.#wake?.();
    this.#wake = null;
  }
}
