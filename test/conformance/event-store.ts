/**
 * The suites that every `EventStore` passes. They ask for nothing but the port: an adapter brings a function that makes
 * a store, and gets the same expectations as every other.
 */
import { describe } from 'vitest';
import { appendSuite } from './event-store-append.ts';
import { claimSuite } from './event-store-claims.ts';
import type { CreateStore, SharedStoreUnderTest } from './event-store-fixtures.ts';
import { modelSuite } from './event-store-model.ts';
import { nodesSuite } from './event-store-nodes.ts';
import { readSuite } from './event-store-reads.ts';
import { textSuite } from './event-store-text.ts';

export function eventStoreConformance(name: string, create: CreateStore): void {
  describe(`EventStore: ${name}`, () => {
    describe('append', () => appendSuite(create));
    describe('ownership', () => claimSuite(create));
    describe('reads', () => readSuite(create));
    describe('text', () => textSuite(create));
    describe('model', () => modelSuite(create));
  });
}

/** The same, and what must hold where several stores have the same data open. */
export function sharedEventStoreConformance(name: string, create: () => Promise<SharedStoreUnderTest>): void {
  eventStoreConformance(name, create);
  describe(`EventStore: ${name}`, () => {
    describe('several nodes', () => nodesSuite(create));
  });
}
