/** A language model that answers at once: it calls a tool that does nothing, so many times, and then ends the turn. */
import type { Llm, LlmAnswer } from '../../src/agent/llm/llm.ts';

export class InstantLlm implements Llm {
  readonly model = 'instant';
  /** From each answer to the next request, in ms. */
  between: number[] = [];
  #left = 0;
  #answeredAt: number | null = null;

  begin(count: number): void {
    this.between = [];
    this.#left = count;
    this.#answeredAt = null;
  }

  async complete(): Promise<LlmAnswer> {
    if (this.#answeredAt !== null) this.between.push(performance.now() - this.#answeredAt);
    this.#left -= 1;
    const thought = `${this.#left} left`;
    const calls = this.#left < 0 ? [] : [{ name: 'think', input: JSON.stringify({ thought }) }];
    this.#answeredAt = performance.now();
    return { text: calls.length === 0 ? 'Done.' : '', calls, cutOff: false, cost: null };
  }
}
