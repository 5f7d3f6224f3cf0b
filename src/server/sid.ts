/** Which names a conversation can have. Anything else names none, whatever it may do to a path or a query. */
const pattern = /^[A-Za-z0-9_-]{1,64}$/;

export function isSid(text: string): boolean {
  return pattern.test(text);
}
