/** What the clients of the bare server come for: what they name as their conversation. */
export const rooms = {
  echo: 'echo',
  /** An echo after a commit, in the same thread: what blocks everybody else until the disk has it. */
  durable: 'durable',
  /** The same after two. */
  twice: 'twice',
  broadcast: 'broadcast',
  rows: 'rows',
} as const;
