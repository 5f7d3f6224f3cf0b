import { expect, it } from 'vitest';
import { isLoopback } from './loopback.ts';

it.each([
  'localhost',
  'LOCALHOST',
  'app.localhost',
  '127.0.0.1',
  '127.9.9.9',
  '::1',
  '[::1]',
  '0:0:0:0:0:0:0:1',
])('%s is this machine', (host) => {
  expect(isLoopback(host)).toBe(true);
});

it.each([
  '0.0.0.0',
  '::',
  '[::]',
  '192.168.1.2',
  'example.org',
  'localhost.example.org',
  '127.0.0.1.example.org',
  '',
])('%j may be another one', (host) => {
  expect(isLoopback(host)).toBe(false);
});
