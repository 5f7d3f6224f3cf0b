import { expect, it } from 'vitest';
import { Background } from './background.ts';

function begin() {
  const errors: [string, unknown][] = [];
  return { errors, background: new Background((error, what) => errors.push([what, error])) };
}

it('settles when nothing runs any more', async () => {
  const { background, errors } = begin();
  const task = Promise.withResolvers<void>();
  background.run('task', () => task.promise);
  let settled = false;
  const settling = background.settled().then(() => {
    settled = true;
  });
  await Promise.resolve();
  expect(settled).toBe(false);
  task.resolve();
  await settling;
  expect(errors).toEqual([]);
});

it('settles at once where nothing runs', async () => {
  await begin().background.settled();
});

it('waits also for what was begun meanwhile, by the tasks themselves', async () => {
  const { background } = begin();
  const done: number[] = [];
  const begin_ = (depth: number): void => {
    background.run(`task ${depth}`, async () => {
      await Promise.resolve();
      done.push(depth);
      if (depth < 5) begin_(depth + 1);
    });
  };
  begin_(0);
  await background.settled();
  expect(done).toEqual([0, 1, 2, 3, 4, 5]);
});

it('reports what fails, by its name, and goes on with the rest', async () => {
  const { background, errors } = begin();
  const why = new Error('no luck');
  let done = false;
  background.run('first', () => Promise.reject(why));
  background.run('second', async () => {
    done = true;
  });
  await background.settled();
  expect(errors).toEqual([['first', why]]);
  expect(done).toBe(true);
});

it('reports what fails before it has begun to wait', async () => {
  const { background, errors } = begin();
  const why = new Error('no luck');
  background.run('first', () => {
    throw why;
  });
  await background.settled();
  expect(errors).toEqual([['first', why]]);
});
