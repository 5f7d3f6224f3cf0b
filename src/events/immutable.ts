/** `T` as an event holds it: a stored event never changes, and its type says so at every depth. */
export type Immutable<T> = T extends readonly (infer Element)[]
  ? readonly Immutable<Element>[]
  : T extends object
    ? { readonly [Key in keyof T]: Immutable<T[Key]> }
    : T;

/** `T` without its index signature: the fields that a schema names, of an object that may hold others. */
export type Named<T> = { [Key in keyof T as string extends Key ? never : Key]: T[Key] };
