/**
 * The suite that every `ConversationManager` passes, whatever its mode. It asks for nothing but the contract: a mode
 * brings a function that makes a manager (of a cluster: two nodes of it), and gets the same expectations as every other.
 */
import { describe } from 'vitest';
import { closingSuite } from './conversation-manager-closing.ts';
import { copySuite } from './conversation-manager-copies.ts';
import { type CreateManager, sharedWorld } from './conversation-manager-fixtures.ts';
import { lifeSuite } from './conversation-manager-life.ts';
import { limitSuite } from './conversation-manager-limits.ts';
import { modelSuite } from './conversation-manager-models.ts';
import { recoverySuite } from './conversation-manager-recovery.ts';
import { sendingSuite } from './conversation-manager-sending.ts';
import { startingSuite } from './conversation-manager-starting.ts';
import { userSuite } from './conversation-manager-users.ts';
import { viewingSuite } from './conversation-manager-viewing.ts';

export type { CreateManager, ManagerNodes, ManagerSetup } from './conversation-manager-fixtures.ts';

export function conversationManagerConformance(name: string, create: CreateManager): void {
  describe(`ConversationManager: ${name}`, () => {
    const world = sharedWorld(create);
    describe('life', () => lifeSuite(create, world));
    describe('starting', () => startingSuite(world));
    describe('viewing', () => viewingSuite(world));
    describe('sending', () => sendingSuite(world));
    describe('closing', () => closingSuite(world));
    describe('limits', () => limitSuite(create));
    describe('recovery', () => recoverySuite(create));
    describe('copies', () => copySuite(world));
    describe('models', () => modelSuite(world));
    describe('users', () => userSuite(world));
  });
}
