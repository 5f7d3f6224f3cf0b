/**
 * Output of a command, kept within a limit: the first half and the last half of what the limit allows, with a
 * line in between that says how many bytes were cut out. Memory grows with the output up to the limit only.
 */
const firstAllocation = 1024;

export class OutputBuffer {
  readonly #headLimit: number;
  readonly #tailLimit: number;
  #head = Buffer.alloc(0);
  #headLength = 0;
  /** A ring, allocated when the head is full. */
  #tail = Buffer.alloc(0);
  #total = 0;

  /** @param limit in bytes, at least 2 */
  constructor(limit: number) {
    this.#headLimit = Math.ceil(limit / 2);
    this.#tailLimit = Math.max(1, limit - this.#headLimit);
  }

  /** Copies what it keeps: the caller may use `chunk` again. */
  append(chunk: Uint8Array): void {
    const forHead = Math.min(chunk.length, this.#headLimit - this.#headLength);
    if (forHead > 0) this.#appendToHead(chunk.subarray(0, forHead));
    if (forHead < chunk.length) this.#appendToTail(chunk.subarray(forHead));
    this.#total += chunk.length;
  }

  /** What is kept, as text; bytes that are no UTF-8 are replaced. */
  text(): string {
    const head = this.#head.subarray(0, this.#headLength);
    const cut = this.#total - this.#headLength - this.#tailLimit;
    if (cut <= 0)
      return decode(Buffer.concat([head, this.#tail.subarray(0, this.#total - this.#headLength)]));
    const end = (this.#total - this.#headLength) % this.#tailLimit;
    const tail = Buffer.concat([this.#tail.subarray(end), this.#tail.subarray(0, end)]);
    const whole = head.subarray(0, wholeCharacters(head));
    const rest = tail.subarray(continuationBytes(tail));
    const bytes = this.#total - whole.length - rest.length;
    return `${decode(whole)}\n[… ${bytes} bytes of output were cut out here …]\n${decode(rest)}`;
  }

  #appendToHead(chunk: Uint8Array): void {
    const length = this.#headLength + chunk.length;
    if (length > this.#head.length) {
      const grown = Math.max(length, firstAllocation, this.#head.length * 2);
      const head = Buffer.alloc(Math.min(grown, this.#headLimit));
      head.set(this.#head.subarray(0, this.#headLength));
      this.#head = head;
    }
    this.#head.set(chunk, this.#headLength);
    this.#headLength = length;
  }

  #appendToTail(chunk: Uint8Array): void {
    if (this.#tail.length === 0) this.#tail = Buffer.alloc(this.#tailLimit);
    const before = Math.max(0, this.#total - this.#headLimit);
    const skipped = Math.max(0, chunk.length - this.#tailLimit);
    const kept = chunk.subarray(skipped);
    const at = (before + skipped) % this.#tailLimit;
    const untilEnd = Math.min(kept.length, this.#tailLimit - at);
    this.#tail.set(kept.subarray(0, untilEnd), at);
    this.#tail.set(kept.subarray(untilEnd), 0);
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** How many leading bytes of `bytes` do not end within a character. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

/** How many bytes at the start belong to a character that began earlier. */
function continuationBytes(bytes: Uint8Array): number {
  let count = 0;
  while (count < Math.min(3, bytes.length) && ((bytes[count] ?? 0) & 0xc0) === 0x80) count += 1;
  return count;
}
