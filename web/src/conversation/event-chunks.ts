/**
 * The part of a long log that a page keeps: chunks of neighbouring events, with gaps between them. Ids count without
 * a gap, so a chunk is known by its number, and an event by its place in it.
 */
import type { StoredEvent } from 'convene/client';

/** What one request may ask for. */
export const CHUNK = 100;

interface Chunk {
  /** From the chunk's first id on, without a gap. */
  readonly events: StoredEvent[];
  weight: number;
}

export interface ChunkLimits {
  readonly chunks: number;
  /** Characters, about. */
  readonly weight: number;
}

export class EventChunks {
  readonly #chunks = new Map<number, Chunk>();
  readonly #limits: ChunkLimits;
  #weight = 0;

  constructor(limits: ChunkLimits) {
    this.#limits = limits;
  }

  /** How many events are kept. */
  get size(): number {
    let size = 0;
    for (const { events } of this.#chunks.values()) size += events.length;
    return size;
  }

  get(id: number): StoredEvent | undefined {
    return this.#chunks.get(Math.floor(id / CHUNK))?.events[id % CHUNK];
  }

  /** How many events of a chunk are there, from its beginning on. */
  filled(chunk: number): number {
    return this.#chunks.get(chunk)?.events.length ?? 0;
  }

  /** Puts an event where it belongs; false where one before it in its chunk is missing. */
  put(event: StoredEvent): boolean {
    const number = Math.floor(event.id / CHUNK);
    const chunk = this.#chunks.get(number) ?? { events: [], weight: 0 };
    const place = event.id % CHUNK;
    if (place > chunk.events.length) return false;
    if (place < chunk.events.length) return true;
    const weight = weightOf(event);
    chunk.events.push(event);
    chunk.weight += weight;
    this.#weight += weight;
    this.#chunks.set(number, chunk);
    return true;
  }

  /** Drops the chunks that are farthest from `centre` until the limits hold; `isKept` ones stay. Answers with them. */
  evict(centre: number, isKept: (chunk: number) => boolean): readonly number[] {
    if (this.#fits()) return [];
    const dropped: number[] = [];
    const farthestFirst = [...this.#chunks.keys()]
      .filter((chunk) => !isKept(chunk))
      .sort((a, b) => Math.abs(b - centre) - Math.abs(a - centre));
    for (const chunk of farthestFirst) {
      if (this.#fits()) break;
      this.#weight -= this.#chunks.get(chunk)?.weight ?? 0;
      this.#chunks.delete(chunk);
      dropped.push(chunk);
    }
    return dropped;
  }

  #fits(): boolean {
    return this.#chunks.size <= this.#limits.chunks && this.#weight <= this.#limits.weight;
  }
}

/** The characters of an event's texts, about: those that can be long lie at most two levels deep. */
function weightOf(event: StoredEvent): number {
  return textIn(event, 2);
}

function textIn(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.length;
  if (depth < 0 || typeof value !== 'object' || value === null) return 8;
  let sum = 0;
  for (const part of Object.values(value)) sum += textIn(part, depth - 1);
  return sum;
}
