/** Short messages at the edge of the page, each with a time and perhaps one thing to do. */

export interface ToastOptions {
  /** @default 'plain' */
  readonly tone?: 'plain' | 'error';
  readonly action?: { readonly label: string; readonly run: () => void };
  /** How long it stays. @default 5000, of an error 10000 */
  readonly forMs?: number;
  /** Called once it is gone, unless its action was taken. */
  readonly onEnd?: () => void;
}

export interface Toast extends ToastOptions {
  readonly id: number;
  readonly text: string;
}

const PLAIN_MS = 5_000;
const ERROR_MS = 10_000;

export class Toasts {
  #shown: readonly Toast[] = [];
  #next = 1;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  readonly #listeners = new Set<() => void>();

  /** The same array until something changes. */
  shown = (): readonly Toast[] => this.#shown;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  show(text: string, options: ToastOptions = {}): number {
    const id = this.#next++;
    this.#change([...this.#shown, { ...options, id, text }]);
    const forMs = options.forMs ?? (options.tone === 'error' ? ERROR_MS : PLAIN_MS);
    this.#timers.set(
      id,
      setTimeout(() => this.end(id), forMs),
    );
    return id;
  }

  end(id: number): void {
    this.#remove(id)?.onEnd?.();
  }

  act(id: number): void {
    this.#remove(id)?.action?.run();
  }

  /** As if the time of each were over. */
  endAll(): void {
    for (const { id } of this.#shown) this.end(id);
  }

  #remove(id: number): Toast | undefined {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    const toast = this.#shown.find((one) => one.id === id);
    if (toast !== undefined) this.#change(this.#shown.filter((one) => one !== toast));
    return toast;
  }

  #change(shown: readonly Toast[]): void {
    this.#shown = shown;
    for (const listener of this.#listeners) listener();
  }
}

export const toasts = new Toasts();

/** What went wrong, in words for people. */
export function showError(what: string, error: unknown): void {
  toasts.show(`${what}: ${error instanceof Error ? error.message : String(error)}`, { tone: 'error' });
}
