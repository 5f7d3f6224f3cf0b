/** Browsers draw no frames of a page that is not seen, and its work has to go on. */
const UNSEEN_MS = 250;

/** Runs with the next frame, or soon after where none is drawn. */
export function withNextFrame(run: () => void): void {
  let isDone = false;
  const once = (): void => {
    if (isDone) return;
    isDone = true;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    run();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, UNSEEN_MS);
}
