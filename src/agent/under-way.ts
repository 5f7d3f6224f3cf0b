/**
 * What a loop has under way: a step of its agent or an action, one at a time, which a pause, a stop, a close or the end
 * of the loop aborts at once.
 */
export class UnderWay {
  #controller: AbortController | null = null;
  #over: Error | null = null;

  get isBusy(): boolean {
    return this.#controller !== null;
  }

  begin(): AbortController {
    this.#controller = new AbortController();
    if (this.#over !== null) this.#controller.abort(this.#over);
    return this.#controller;
  }

  /** Whether this is what is under way, and has not been given up for something newer. */
  is(controller: AbortController): boolean {
    return this.#controller === controller;
  }

  finish(controller: AbortController): void {
    if (this.is(controller)) this.#controller = null;
  }

  abort(why: string): void {
    this.#controller?.abort(new Error(why));
  }

  /** Aborts it, and whatever begins from now on: something may wait between two steps of its beginning. */
  end(why: string): void {
    this.#over ??= new Error(why);
    this.#controller?.abort(this.#over);
  }
}
