#!/usr/bin/env node
/**
 * The command `convene`. What is compiled once is kept for the next start, and what is not needed to listen is
 * imported after that: so the server listens soon.
 */
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';

// A folder of this user's own: what lies in it is run.
const { XDG_CACHE_HOME = path.join(homedir(), '.cache') } = process.env;
const { directory } = enableCompileCache(path.join(XDG_CACHE_HOME, 'convene'));
if (directory !== undefined) process.env['NODE_COMPILE_CACHE'] ??= directory; // for the threads of the store

const { run } = await import('./run.ts');
process.exit(await run(process.argv.slice(2)));
