/**
 * The suite that every `EventStore` passes. It asks for nothing but the port: an adapter brings a function that makes
 * a store, and gets the same expectations as every other.
 */
import { describe } from 'vitest';
import { appendSuite } from './event-store-append.ts';
import { claimSuite } from './event-store-claims.ts';
import type { CreateStore } from './event-store-fixtures.ts';
import { modelSuite } from './event-store-model.ts';
import { readSuite } from './event-store-reads.ts';
import { textSuite } from './event-store-text.ts';

export type { CreateStore } from './event-store-fixtures.ts';

export function eventStoreConformance(name: string, create: CreateStore): void {
  describe(`EventStore: ${name}`, () => {
    describe('append', () => appendSuite(create));
    describe('ownership', () => claimSuite(create));
    describe('reads', () => readSuite(create));
    describe('text', () => textSuite(create));
    describe('model', () => modelSuite(create));
  });
}
