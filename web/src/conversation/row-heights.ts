/**
 * The heights of the rows of a long list, in a Fenwick tree: a change, the offset of a row, and the row at an offset
 * each cost the logarithm of the list's length, so that 100,000 rows cost a frame nothing.
 */
export class RowHeights {
  readonly #estimate: number;
  #length = 0;
  #heights = new Float64Array(0);
  /** One-based: `#tree[i]` is the sum of the `i & -i` heights that end before row `i`. */
  #tree = new Float64Array(1);

  /** `estimate`: of a row of which nothing is known yet. */
  constructor(estimate: number) {
    this.#estimate = estimate;
  }

  get length(): number {
    return this.#length;
  }

  get total(): number {
    return this.offsetOf(this.#length);
  }

  /** New rows get the estimate; a shorter list forgets what was known of the rest. */
  resize(length: number): void {
    if (length < this.#length) {
      this.#heights.fill(this.#estimate, length, this.#length);
      this.#length = length;
      this.#rebuild();
      return;
    }
    if (length > this.#heights.length) {
      const grown = new Float64Array(Math.max(256, length, this.#heights.length * 2)).fill(this.#estimate);
      grown.set(this.#heights.subarray(0, this.#length));
      this.#heights = grown;
      this.#length = length;
      this.#rebuild();
    }
    this.#length = length;
  }

  heightOf(row: number): number {
    return this.#heights[row] ?? 0;
  }

  /** Answers with how much higher the row is now. */
  set(row: number, height: number): number {
    const change = height - this.heightOf(row);
    if (row < 0 || row >= this.#length || change === 0) return 0;
    this.#heights[row] = height;
    for (let node = row + 1; node < this.#tree.length; node += node & -node) {
      this.#tree[node] = (this.#tree[node] ?? 0) + change;
    }
    return change;
  }

  /** The heights of all rows before `row`, together. */
  offsetOf(row: number): number {
    let sum = 0;
    for (let node = Math.min(row, this.#length); node > 0; node -= node & -node) sum += this.#tree[node] ?? 0;
    return sum;
  }

  /** The row that `offset` lies in: never one without height, unless all that follow have none. */
  rowAt(offset: number): number {
    if (this.#length === 0) return 0;
    let row = 0;
    let rest = Math.max(0, offset);
    for (let step = 2 ** Math.floor(Math.log2(this.#tree.length)); step > 0; step /= 2) {
      const next = row + step;
      const sum = this.#tree[next];
      if (next > this.#length || sum === undefined || sum > rest) continue;
      row = next;
      rest -= sum;
    }
    return Math.min(row, this.#length - 1);
  }

  /** Over the whole capacity, so that growing within it costs nothing. */
  #rebuild(): void {
    const tree = new Float64Array(this.#heights.length + 1);
    tree.set(this.#heights, 1);
    for (let node = 1; node < tree.length; node += 1) {
      const parent = node + (node & -node);
      if (parent < tree.length) tree[parent] = (tree[parent] ?? 0) + (tree[node] ?? 0);
    }
    this.#tree = tree;
  }
}
