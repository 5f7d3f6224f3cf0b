/**
 * Runs one command to its end.
 *
 * Exit codes: 0 done; 1 it failed, and one line on stderr says why; 2 the command line is not valid.
 */
import { loadConfig } from '../config/index.ts';
import { explain } from './explain.ts';
import { isReaderGone } from './output.ts';
import { serveFlags } from './serve-flags.ts';

export async function run(args: readonly string[]): Promise<number> {
  try {
    const flags = serveFlags(args);
    if (flags === null) {
      const { runCommand } = await import('./commands.ts');
      return await runCommand(args);
    }
    const { config } = loadConfig({ flags, env: process.env, cwd: process.cwd() });
    const { serve } = await import('./serve.ts');
    return await serve(config);
  } catch (error) {
    if (isReaderGone(error)) return 0; // as `convene list | head` wants it
    process.stderr.write(`convene: ${explain(error)}\n`);
    return 1;
  }
}
