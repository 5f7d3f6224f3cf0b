/**
 * The line between the benchmark and its child processes: calls one way, answers and notes the other. A child whose
 * line is cut ends: so none outlives a benchmark that was killed.
 */

/** What a process can be asked: methods of one argument. */
export type Handlers<Calls> = {
  readonly [Name in keyof Calls]: (...given: Arguments<Calls, Name>) => unknown;
};

/** The one argument, or none. */
export type Arguments<Calls, Name extends keyof Calls> = Calls[Name] extends (...given: infer A) => unknown
  ? A
  : never;
export type Answer<Calls, Name extends keyof Calls> = Calls[Name] extends (argument: never) => infer R
  ? R
  : never;

export interface CallMessage {
  readonly number: number;
  readonly name: string;
  readonly argument: unknown;
}

export type ReplyMessage =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly failure: string }
  /** Progress, which nobody asked for. */
  | { readonly note: number }
  /** The first: the process that answers, and that a signal must be sent to. */
  | { readonly ready: number };

/** In a child: answers calls until the line is cut, then `end` and exit. */
export function answerCalls<Calls>(handlers: Handlers<Calls>, end: () => unknown = () => {}): void {
  const answer = async ({ number, name, argument }: CallMessage): Promise<ReplyMessage> => {
    try {
      if (!isNameOf(name, handlers)) throw new Error(`Nothing here is called ${name}.`);
      return { number, value: await call(handlers[name], argument) };
    } catch (error) {
      return { number, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  };
  process.on('message', (message: CallMessage) => {
    void answer(message).then(post);
  });
  process.once('disconnect', () => {
    void Promise.resolve(end()).finally(() => process.exit(0));
  });
  post({ ready: process.pid });
}

/** In a child: tells how far it has come. */
export function note(progress: number): void {
  post({ note: progress });
}

function post(message: ReplyMessage): void {
  // Where the other end is gone, nobody needs this process any more.
  process.send?.(message, undefined, undefined, (error) => {
    if (error !== null) process.exit(1);
  });
}

/** The parent's `Child<Calls>` saw to it that the argument fits. */
function call(handler: unknown, argument: unknown): unknown {
  if (typeof handler !== 'function') throw new Error('What was called is no function.');
  return Reflect.apply(handler, undefined, [argument]);
}

function isNameOf<Calls>(name: string, handlers: Handlers<Calls>): name is string & keyof Calls {
  return Object.hasOwn(handlers, name);
}
