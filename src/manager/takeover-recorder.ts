/**
 * Notes which conversations this node takes over, from whom and how. A death is known by the claim itself; of what another
 * node has handed over, the node that lets go says so to all.
 */
import type { Clock } from '../clock.ts';
import type { Membership } from '../cluster/membership.ts';
import type { Takeovers } from '../cluster/takeovers.ts';

export interface TakeoverRecorderOptions {
  readonly clock: Clock;
  readonly membership: Membership;
  readonly takeovers: Takeovers;
}

interface LetGo {
  readonly from: string;
  /** Monotonic. */
  readonly at: number;
}

const mostLetGo = 10_000;
/** What was let go longer ago had nothing to do: who starts it now is asked to by somebody. */
const handOverWithinMs = 10_000;

export class TakeoverRecorder {
  readonly #options: TakeoverRecorderOptions;
  readonly #letGo = new Map<string, LetGo>();

  constructor(options: TakeoverRecorderOptions) {
    this.#options = options;
  }

  /** The node `from` has let this conversation go. */
  letGo(sid: string, from: string): void {
    if (this.#letGo.size >= mostLetGo) this.#letGo.clear();
    this.#letGo.set(sid, { from, at: this.#options.clock.monotonic() });
  }

  /** This node has claimed it; `dead` was its owner, or nobody was. */
  claimed(sid: string, dead: string | null): void {
    const { clock, membership, takeovers } = this.#options;
    const to = membership.incarnation;
    const letGo = this.#letGo.get(sid);
    this.#letGo.delete(sid);
    if (dead !== null) takeovers.record({ sid, from: dead, to });
    else if (letGo !== undefined && letGo.from !== to) {
      const handedOverMs = clock.monotonic() - letGo.at;
      if (handedOverMs <= handOverWithinMs) takeovers.record({ sid, from: letGo.from, to, handedOverMs });
    }
  }
}
