/**
 * A file that is open for editing, and what happens to it elsewhere meanwhile.
 *
 *   clean ──edit──▶ dirty ──save──▶ saving ──saved──▶ clean
 *     ▲               │                │ failed
 *     └──discard──────┤ ◀──────────────┘
 *                     └──(it is other than it was when it was read)──▶ conflict ──keep mine / take theirs──▶
 */
export interface OpenFile {
  /** As it was read or saved last. */
  readonly base: string;
  /** As it is in the editor. */
  readonly text: string;
  /** What is in the workspace by now, where that is neither `base` nor `text`. */
  readonly theirs: string | null;
  readonly isSaving: boolean;
  /** Why it was not saved; for people. */
  readonly failure: string | null;
}

export type OpenFileStep =
  | { readonly type: 'edit'; readonly text: string }
  /** It was read again, because something may have changed it. */
  | { readonly type: 'read'; readonly text: string }
  | { readonly type: 'saving' }
  | { readonly type: 'saved'; readonly text: string }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'take-theirs' }
  | { readonly type: 'keep-mine' }
  | { readonly type: 'discard' };

export function openFile(text: string): OpenFile {
  return { base: text, text, theirs: null, isSaving: false, failure: null };
}

export function isDirty({ base, text }: OpenFile): boolean {
  return base !== text;
}

export function stepOpenFile(file: OpenFile, step: OpenFileStep): OpenFile {
  switch (step.type) {
    case 'edit':
      return { ...file, text: step.text, failure: null };
    case 'read':
      if (step.text === file.base) return file.theirs === null ? file : { ...file, theirs: null };
      // Nobody edits it here, or both came to the same: it is simply what it is now.
      if (!isDirty(file) || step.text === file.text) return openFile(step.text);
      return { ...file, theirs: step.text, isSaving: false };
    case 'saving':
      return { ...file, isSaving: true, failure: null };
    case 'saved':
      return { ...file, base: step.text, theirs: null, isSaving: false, failure: null };
    case 'failed':
      return { ...file, isSaving: false, failure: step.message };
    case 'take-theirs':
      return file.theirs === null ? file : openFile(file.theirs);
    case 'keep-mine':
      // What is there is known now: the next save replaces it.
      return file.theirs === null ? file : { ...file, base: file.theirs, theirs: null };
    case 'discard':
      return openFile(file.theirs ?? file.base);
  }
}
