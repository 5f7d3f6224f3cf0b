/** Small things that this browser remembers. Where it may not store anything, they last as long as the page. */
export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`convene.${name}`);
  } catch {
    return null; // storage is switched off
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`convene.${name}`, value);
  } catch {
    // Storage is switched off or full: it is a convenience.
  }
}
