/** How much is measured: all of it, or enough of it to see that the benchmark works. */

export interface Sizes {
  /** Events of the long conversation. */
  readonly events: number;
  /** Events of the conversation that is joined. */
  readonly join: number;
  /** Conversations of the list. */
  readonly conversations: number;
  /** Conversations whose loops wait. */
  readonly idle: number;
  /** Rounds in which both sides take turns. */
  readonly rounds: number;
  /** Round trips in a round. */
  readonly trips: number;
  /** Appends in a round. */
  readonly appends: number;
  /** Deliveries (events times clients) in a round of the fan-out. */
  readonly deliveries: number;
  readonly audiences: readonly number[];
  /** Starts of the server. */
  readonly starts: number;
  /** Calls of a query. */
  readonly queries: number;
  /** How long the mixed load lasts, in ms. */
  readonly loadMs: number;
  /** Nodes of a cluster that are killed, one after the other. */
  readonly crashes: number;
  /** Nodes that are told to stop. */
  readonly handovers: number;
  /** Nodes that are paused, and as many that are cut off. */
  readonly silences: number;
  /** Events while Redis is down. */
  readonly withoutRedis: number;
  /** Conversations that run elsewhere, and connections. */
  readonly elsewhere: number;
  /** Conversations that a node owns while its heartbeats are measured. */
  readonly owned: number;
}

export const full: Sizes = {
  events: 100_000,
  join: 10_000,
  conversations: 100_000,
  idle: 10_000,
  rounds: 10,
  trips: 50,
  appends: 6_000,
  deliveries: 60_000,
  audiences: [100, 1_000],
  starts: 7,
  queries: 200,
  loadMs: 6_000,
  crashes: 50,
  handovers: 3,
  silences: 3,
  withoutRedis: 20,
  elsewhere: 100_000,
  owned: 10_000,
};

export const quick: Sizes = {
  events: 8_000,
  join: 2_000,
  conversations: 8_000,
  idle: 1_000,
  rounds: 2,
  trips: 20,
  appends: 2_000,
  deliveries: 20_000,
  audiences: [100],
  starts: 2,
  queries: 30,
  loadMs: 1_500,
  crashes: 3,
  handovers: 1,
  silences: 1,
  withoutRedis: 4,
  elsewhere: 8_000,
  owned: 500,
};
