/** What a shell needs around it and what outlives one bash: a private folder, the pipes, the file for commands. */
import { writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { CommandFile } from './command-file.ts';
import { ReportScanner, type ReportSink } from './report-scanner.ts';
import { ShellPipes } from './shell-pipes.ts';
import { files, reportFields, runScript } from './shell-script.ts';

export class ShellPremises {
  readonly folder: string;
  readonly pipes: ShellPipes;
  readonly commandFile: CommandFile;

  /** Makes `folder`. What is written comes to `sink`, reports being marked with `token`. */
  static async open(folder: string, clock: Clock, token: string, sink: ReportSink): Promise<ShellPremises> {
    await mkdir(folder, { mode: 0o700 });
    writeFileSync(join(folder, files.run), runScript(folder), { mode: 0o600 });
    const scanner = new ReportScanner(token, reportFields, sink);
    const pipes = await ShellPipes.open(folder, clock, (chunk) => scanner.push(chunk));
    return new ShellPremises(folder, pipes);
  }

  private constructor(folder: string, pipes: ShellPipes) {
    this.folder = folder;
    this.pipes = pipes;
    this.commandFile = new CommandFile(join(folder, files.command));
  }

  async close(): Promise<void> {
    this.pipes.close();
    this.commandFile.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
