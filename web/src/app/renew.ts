/**
 * After an update of the server, a page that is still open asks for parts that are not there any more: it is loaded
 * again, once, and has the new ones. What was typed is kept by whoever has it.
 */
const PLACE = 'convene.renewed';
const ONCE_IN_MS = 60_000;

export function renewAfterUpdate(): void {
  window.addEventListener('vite:preloadError', (event) => {
    const last = Number(sessionStorage.getItem(PLACE) ?? 0);
    if (Date.now() - last < ONCE_IN_MS) return; // it did not help: the page says what is wrong
    sessionStorage.setItem(PLACE, String(Date.now()));
    event.preventDefault();
    window.location.reload();
  });
}
