/** What the clients of the bare server come for: what they name as their conversation. */
export const rooms = {
  echo: 'echo',
  /** An echo after a commit, in the same thread: what blocks everybody else until the disk has it. */
  durable: 'durable',
  /** An echo after a commit in another thread: nobody waits for the disk but who asked. */
  threaded: 'threaded',
  /** An echo after two commits, in the same thread. */
  twice: 'twice',
  broadcast: 'broadcast',
  rows: 'rows',
} as const;
