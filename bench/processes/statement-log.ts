/** Every statement that this process sends to PostgreSQL: how long it took, and the bytes both ways. */
import { Socket } from 'node:net';
import pg from 'pg';

export interface Statement {
  readonly text: string;
  readonly ms: number;
  readonly bytes: number;
}

type Callback = (error: unknown, result: unknown) => void;

/** Tells `note` of each from now on. A connection carries out one statement at a time, so what passes is its own. */
export function watchStatements(note: (statement: Statement) => void): void {
  const { query } = pg.Client.prototype;
  const watched = function (this: pg.Client, ...given: unknown[]): unknown {
    const before = passed(this);
    const start = performance.now();
    const end = (): void =>
      note({ text: textOf(given[0]), ms: performance.now() - start, bytes: passed(this) - before });
    const last = given.at(-1);
    if (isCallback(last)) {
      const told: Callback = (error, result) => {
        end();
        last(error, result);
      };
      return Reflect.apply(query, this, [...given.slice(0, -1), told]);
    }
    const answer: unknown = Reflect.apply(query, this, given);
    if (answer instanceof Promise) answer.then(end, end);
    return answer;
  };
  Object.defineProperty(pg.Client.prototype, 'query', { value: watched });
}

function passed({ connection }: pg.Client): number {
  const { stream } = connection;
  return stream instanceof Socket ? stream.bytesRead + stream.bytesWritten : Number.NaN;
}

function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement;
  return typeof statement === 'object' && statement !== null && 'text' in statement
    ? String(statement.text)
    : '';
}

function isCallback(value: unknown): value is Callback {
  return typeof value === 'function';
}
