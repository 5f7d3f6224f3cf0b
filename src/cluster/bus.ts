/**
 * The port `Bus`: hints that a log has grown, and ephemeral frames. Nothing that matters depends on it: a hint
 * may be lost, repeated or reordered, and the log is read all the same.
 */
import type { StoredEvent } from '../events/event.ts';

/** "The log of `sid` has grown": up to `id`, of which `events` are some, if they are small. */
export interface Hint {
  readonly sid: string;
  readonly id: number;
  readonly events?: readonly StoredEvent[];
}

/** Shown to whoever watches now and never stored. */
export type Frame =
  | {
      readonly type: 'status';
      readonly level: 'info' | 'error';
      readonly id: string;
      readonly message: string;
    }
  | {
      readonly type: 'delta';
      readonly kind: 'message' | 'output';
      readonly text: string;
      readonly cause?: number;
    }
  /** The conversation has another title. */
  | { readonly type: 'title'; readonly title: string }
  | { readonly type: 'error'; readonly message: string };

/** What one node tells all nodes, itself included. Like a hint it may be lost: what must be known is in the store. */
export type Note =
  /** The incarnation `from` drains and has let this conversation go: `to`, where there is one, should take it on now. */
  | {
      readonly type: 'let-go';
      readonly sid: string;
      readonly from: string;
      readonly to: string | null;
      readonly due: boolean;
    }
  /** This conversation is deleted. */
  | { readonly type: 'deleted'; readonly sid: string }
  /** This conversation has other settings than before, as the incarnation `by` knows. */
  | { readonly type: 'settings'; readonly sid: string; readonly by: string };

export interface BusListener {
  hint(hint: Hint): void;
  frame(frame: Frame): void;
}

export interface Bus extends AsyncDisposable {
  /** Whether no hint is ever lost, so that polling can be slow. */
  readonly reliable: boolean;
  /** Never throws and never waits. */
  publish(hint: Hint): void;
  publishFrame(sid: string, frame: Frame): void;
  /** Listens to one conversation until the answer is called. */
  listen(sid: string, listener: BusListener): () => void;
  /** Never throws and never waits. Those who listen here have it when it returns. */
  publishNote(note: Note): void;
  /** Hears the notes of all nodes until the answer is called. */
  listenToNotes(listener: (note: Note) => void): () => void;
}

/** The bus of a single process: synchronous, so a hint has reached every listener when `publish` returns. */
export class LocalBus implements Bus {
  readonly reliable = true;
  readonly #listeners = new Map<string, Set<BusListener>>();
  readonly #noteListeners = new Set<(note: Note) => void>();

  publish(hint: Hint): void {
    for (const listener of this.#of(hint.sid)) listener.hint(hint);
  }

  publishFrame(sid: string, frame: Frame): void {
    for (const listener of this.#of(sid)) listener.frame(frame);
  }

  listen(sid: string, listener: BusListener): () => void {
    let listeners = this.#listeners.get(sid);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(sid, listeners);
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(sid) === listeners) this.#listeners.delete(sid);
    };
  }

  /** Whether anybody listens to this conversation. */
  isHeard(sid: string): boolean {
    return this.#listeners.has(sid);
  }

  publishNote(note: Note): void {
    for (const listener of [...this.#noteListeners]) listener(note);
  }

  listenToNotes(listener: (note: Note) => void): () => void {
    // Of its own, so that one function may listen twice.
    const added = (note: Note): void => listener(note);
    this.#noteListeners.add(added);
    return () => {
      this.#noteListeners.delete(added);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#noteListeners.clear();
    this.#listeners.clear();
  }

  /** A copy, since a listener may stop listening while it is called. */
  #of(sid: string): readonly BusListener[] {
    const listeners = this.#listeners.get(sid);
    return listeners === undefined ? [] : [...listeners];
  }
}
