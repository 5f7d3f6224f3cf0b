/**
 * What a shell needs around it and what outlives one bash: a private folder, the pipes, the file for commands.
 *
 *   open (⇄ lost, where somebody removes files of it: cleaners of temporary folders do that to what looks old) ──▶ closed
 */
import { statSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { CommandFile } from './command-file.ts';
import { ReportScanner, type ReportSink } from './report-scanner.ts';
import { ShellPipes } from './shell-pipes.ts';
import { files, reportFields, runScript } from './shell-script.ts';
import type { Spawner } from './spawner/spawner.ts';

export class ShellPremises {
  readonly folder: string;
  readonly pipes: ShellPipes;
  readonly commandFile: CommandFile;

  /** What a bash that runs has open, or opens by its name. */
  readonly #inodes: ReadonlyMap<string, number>;

  /** Makes `folder`, or what is missing in it: state that a bash has saved there stays. What is written comes to `sink`, reports being marked with `token`. */
  static async open(
    folder: string,
    means: { readonly clock: Clock; readonly spawner: Spawner },
    token: string,
    sink: ReportSink,
  ): Promise<ShellPremises> {
    await mkdir(folder, { mode: 0o700, recursive: true });
    await Promise.all(pathsIn(folder).map((path) => rm(path, { force: true })));
    writeFileSync(join(folder, files.run), runScript(folder, token), { mode: 0o600 });
    const scanner = new ReportScanner(token, reportFields, sink);
    const pipes = await ShellPipes.open(folder, means, (chunk) => scanner.push(chunk));
    return new ShellPremises(folder, token, pipes);
  }

  private constructor(folder: string, token: string, pipes: ShellPipes) {
    this.folder = folder;
    this.pipes = pipes;
    this.commandFile = new CommandFile(join(folder, files.command), token);
    this.#inodes = new Map(pathsIn(folder).map((path) => [path, statSync(path).ino]));
  }

  /** Whether nobody has removed anything. */
  isWhole(): boolean {
    for (const [path, inode] of this.#inodes) {
      if (statSync(path, { throwIfNoEntry: false })?.ino !== inode) return false;
    }
    return true;
  }

  async close(): Promise<void> {
    this.leave();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Closes what is open, and leaves the folder to whoever has it now. */
  leave(): void {
    this.pipes.close();
    this.commandFile.close();
  }
}

function pathsIn(folder: string): string[] {
  return [files.run, files.command, files.control, files.input, files.output].map((name) =>
    join(folder, name),
  );
}
