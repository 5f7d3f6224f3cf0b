/**
 * The port `HeldWorkspaces`, of a node that has its workspaces to itself: whether what it has of a conversation is all
 * that was done there, or other nodes have worked on theirs since. Nodes that share one folder have no need of it.
 */
export interface HeldWorkspaces {
  /** The epoch of the loop that last worked in this node's workspace of the conversation; null: none ever has. */
  epochOf(sid: string): Promise<number | null>;
  /** A loop begins to work in it. */
  hold(sid: string, epoch: number): Promise<void>;
}
