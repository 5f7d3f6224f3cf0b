/**
 * Finds the shell's reports in its output. The shell writes `NUL token NUL field NUL field NUL …` into the same
 * pipe as its commands, so that a report ends exactly where the output before it ends.
 */
const longestReport = 64 * 1024;

export interface ReportSink {
  output(bytes: Uint8Array): void;
  report(fields: readonly string[]): void;
}

export class ReportScanner {
  readonly #marker: Buffer;
  readonly #fieldCount: number;
  readonly #sink: ReportSink;
  /** The beginning of what may become a report with the next chunk. */
  #carry = Buffer.alloc(0);

  constructor(token: string, fieldCount: number, sink: ReportSink) {
    this.#marker = Buffer.from(`\0${token}\0`);
    this.#fieldCount = fieldCount;
    this.#sink = sink;
  }

  /** Keeps nothing of `chunk` that it has not copied. */
  push(chunk: Buffer): void {
    let rest = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    this.#carry = Buffer.alloc(0);
    for (;;) {
      const at = rest.indexOf(this.#marker);
      if (at < 0) {
        this.#keep(rest, rest.length - this.#partialMarker(rest));
        return;
      }
      const fields = this.#fieldsFrom(rest, at + this.#marker.length);
      if (fields === null) {
        this.#keep(rest, rest.length - at > longestReport ? rest.length : at);
        return;
      }
      this.#emit(rest.subarray(0, at));
      this.#sink.report(fields.values);
      rest = rest.subarray(fields.end);
    }
  }

  #fieldsFrom(bytes: Buffer, start: number): { values: string[]; end: number } | null {
    const values: string[] = [];
    let from = start;
    while (values.length < this.#fieldCount) {
      const end = bytes.indexOf(0, from);
      if (end < 0) return null;
      values.push(bytes.toString('utf8', from, end));
      from = end + 1;
    }
    return { values, end: from };
  }

  #keep(bytes: Buffer, from: number): void {
    this.#emit(bytes.subarray(0, from));
    if (from < bytes.length) this.#carry = Buffer.from(bytes.subarray(from));
  }

  #emit(bytes: Buffer): void {
    if (bytes.length > 0) this.#sink.output(bytes);
  }

  /** How many bytes at the end may be the beginning of a marker. */
  #partialMarker(bytes: Buffer): number {
    let at = bytes.indexOf(0, Math.max(0, bytes.length - this.#marker.length + 1));
    while (at >= 0) {
      const length = bytes.length - at;
      if (bytes.compare(this.#marker, 0, length, at) === 0) return length;
      at = bytes.indexOf(0, at + 1);
    }
    return 0;
  }
}
