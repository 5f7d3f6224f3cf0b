import { expect, it } from 'vitest';
import { ReleaseStack } from './release-stack.ts';

function resource(name: string, released: string[]): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      released.push(name);
    },
  };
}

it('releases in the opposite order, once', async () => {
  const released: string[] = [];
  const stack = new ReleaseStack();
  stack.use(resource('a', released));
  stack.defer(() => {
    released.push('b');
  });
  await stack[Symbol.asyncDispose]();
  await stack[Symbol.asyncDispose]();
  expect(released).toEqual(['b', 'a']);
});

it('releases the rest where one fails, and says what failed', async () => {
  const released: string[] = [];
  const stack = new ReleaseStack();
  stack.use(resource('a', released));
  stack.defer(() => Promise.reject(new Error('stuck')));
  await expect(stack[Symbol.asyncDispose]()).rejects.toThrow('stuck');
  expect(released).toEqual(['a']);
});

it('hands over what it holds', async () => {
  const released: string[] = [];
  const stack = new ReleaseStack();
  stack.use(resource('a', released));
  const moved = stack.move();
  await stack[Symbol.asyncDispose]();
  expect(released).toEqual([]);
  await moved[Symbol.asyncDispose]();
  expect(released).toEqual(['a']);
});
