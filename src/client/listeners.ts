/** Callbacks by name, with the types of what each is told. */
export class Listeners<Told extends object> {
  readonly #lists: { [Name in keyof Told]?: Set<(told: Told[Name]) => void> } = {};

  /** Answers with what ends it. */
  on<Name extends keyof Told>(name: Name, listener: (told: Told[Name]) => void): () => void {
    const list: Set<(told: Told[Name]) => void> = this.#lists[name] ?? new Set();
    this.#lists[name] = list;
    // One that is added twice is called twice.
    const own = (told: Told[Name]): void => listener(told);
    list.add(own);
    return () => {
      list.delete(own);
    };
  }

  tell<Name extends keyof Told>(name: Name, told: Told[Name]): void {
    for (const listener of [...(this.#lists[name] ?? [])]) listener(told);
  }
}
