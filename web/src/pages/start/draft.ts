/** What was typed and not sent yet: it survives a reload. */
const PLACE = 'convene.draft';

export interface Draft {
  readonly message: string;
  readonly repository: string;
  /** Names the request that sends it: another content is another request. */
  readonly key: string;
}

export function keptDraft(): Draft {
  const { message, repository } = Object(parsed(localStorage.getItem(PLACE)));
  return {
    message: typeof message === 'string' ? message : '',
    repository: typeof repository === 'string' ? repository : '',
    key: newKey(),
  };
}

export function newKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}

export function keepDraft({ message, repository }: Draft): void {
  localStorage.setItem(PLACE, JSON.stringify({ message, repository }));
}

export function clearDraft(): void {
  localStorage.removeItem(PLACE);
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null; // somebody else has written it
  }
}
