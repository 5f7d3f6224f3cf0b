/** What the server and its spawner say to each other, as JSON. A spawner's answer has the `id` of what was asked. */

export type ToSpawner = MakePipes | StartProgram;

/** Answered with `done` or `failed`. */
export interface MakePipes {
  readonly ask: 'pipes';
  readonly id: number;
  readonly paths: readonly string[];
}

/** Answered with `started` or `failed`; after `started`, `ended` comes once. */
export interface StartProgram extends Program {
  readonly ask: 'start';
  readonly id: number;
}

export interface Program {
  /** By name or path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Named pipes whose other ends are open: its descriptors 0, 3 and 4. It has nothing for 1 and 2. */
  readonly control: string;
  readonly input: string;
  readonly output: string;
}

export type FromSpawner = Answer | Ended;
export type Answer = Done | Started | Failed;

interface Done {
  readonly tell: 'done';
  readonly id: number;
}

interface Started {
  readonly tell: 'started';
  readonly id: number;
  /** Also its process group and session. */
  readonly pid: number;
}

interface Failed {
  readonly tell: 'failed';
  readonly id: number;
  /** The operating system's name for it, such as `ENOENT`; null where it has none. */
  readonly code: string | null;
  readonly message: string;
}

interface Ended {
  readonly tell: 'ended';
  readonly id: number;
  /** 128 and the signal's number where a signal ended it. */
  readonly exitCode: number;
}
