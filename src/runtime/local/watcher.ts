/**
 * The watcher: one small process beside the server that outlives it by a moment. It reads from a pipe whose only
 * writing end the server holds. When that closes, however the server ended, it kills every process that carries
 * the server's tag or belongs to a shell's session, removes the shells' private folder and ends.
 *
 * States: *idle* (no process, no folder) → *running* from the first `start` on; when somebody kills it, it is started
 * again at once, or with the next `start` where it did not last → *disposed*.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { lstat, mkdir, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { ConveneError } from '../../errors.ts';
import { errnoOf } from './errno.ts';
import { hasProcessTable } from './process-table.ts';
import { within } from './within.ts';

const disposeMs = 3000;
/** One that ends sooner would end again. */
const notAtOnceMs = 1000;

/**
 * $1: the tag, $2: the folder, $3: whether there is a process table. Lines: `+pid` and `-pid` of shells. A process
 * may be forked while the list is read, so only two rounds that find nothing are the end.
 */
const script = `
trap '' HUP INT QUIT TERM
shells=' '
while IFS= read -r line; do
  pid=\${line#?}
  case $line in
    +*) shells="$shells$pid " ;;
    -*) shells="\${shells%% $pid *} \${shells#* $pid }" ;;
  esac
done
found() { kill -9 "$1" 2>/dev/null && quiet=0; }
rounds=0 quiet=0
while [ "$quiet" -lt 2 ] && [ "$rounds" -lt 200 ]; do
  rounds=$((rounds + 1)) quiet=$((quiet + 1))
  if [ "$3" = table ]; then
    for file in $(grep -l -a -F -e "$1" /proc/[0-9]*/environ 2>/dev/null); do
      file=\${file#/proc/}
      found "\${file%/environ}"
    done
    [ "$shells" = ' ' ] || for file in /proc/[0-9]*/stat; do
      { IFS= read -r line <"$file"; } 2>/dev/null || continue
      pid=\${line%% *}
      set -f; set -- "$1" "$2" "$3" \${line##*) }; set +f
      [ "$4" = Z ] || case $shells in *" $7 "*) found "$pid" ;; esac
    done
  else
    for pid in $shells; do found "-$pid"; done
  fi
  [ "$quiet" -ge 2 ] || sleep 0.02 2>/dev/null || sleep 1
done
rm -rf -- "$2"
`;

export class Watcher {
  readonly #clock: Clock;
  readonly #path: string;
  readonly #tag: string;
  readonly #shells = new Set<number>();
  readonly #folder: string;
  #made = false;
  #running: Promise<ChildProcess | null> | null = null;
  #disposed = false;

  /** @param path where `sh` and `grep` are looked for */
  constructor(clock: Clock, path: string) {
    this.#clock = clock;
    this.#path = path;
    this.#tag = clock.id();
    this.#folder = join(tmpdir(), `convene-${clock.id()}`);
  }

  /** What every process of this server carries in its environment. */
  get tag(): string {
    return this.#tag;
  }

  /**
   * Makes sure that the watcher runs.
   *
   * @throws `runtime_unavailable` where it can't be started, or after the disposal
   */
  async start(): Promise<void> {
    this.#refuseWhenDisposed();
    this.#running ??= this.#spawn();
    const child = await this.#running;
    this.#refuseWhenDisposed();
    if (child === null)
      throw new ConveneError('runtime_unavailable', 'The watcher of the shells (sh) could not be started.');
  }

  /**
   * A private folder, made where it is not there (any more). The watcher, which must have been started, removes it at its
   * end: the server may be killed at any time.
   *
   * @throws `runtime_unavailable` where somebody else has a folder in its place, or after the disposal
   */
  async folder(): Promise<string> {
    this.#refuseWhenDisposed();
    this.#made = true;
    try {
      await mkdir(this.#folder, { mode: 0o700 });
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      const found = await lstat(this.#folder);
      const isOwn = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
      if (!isOwn)
        throw new ConveneError('runtime_unavailable', `Somebody else has made the folder ${this.#folder}.`);
    }
    this.#refuseWhenDisposed();
    return this.#folder;
  }

  add(shell: number): void {
    this.#shells.add(shell);
    this.#tell(`+${shell}\n`);
  }

  remove(shell: number): void {
    if (this.#shells.delete(shell)) this.#tell(`-${shell}\n`);
  }

  /** Lets it do its work now, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    const child = await this.#running;
    if (child) {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.ref();
      child.stdin?.end();
      await within(this.#clock, disposeMs, ended);
    }
    if (this.#made) await rm(this.#folder, { recursive: true, force: true });
  }

  #tell(line: string): void {
    void this.#running?.then((child) => child?.stdin?.write(line));
  }

  /** Null where it can't be started. */
  #spawn(): Promise<ChildProcess | null> {
    const child = spawn(
      'sh',
      ['-c', script, 'convene-watcher', this.#tag, this.#folder, hasProcessTable ? 'table' : 'groups'],
      // A session of its own: Ctrl-C in the server's terminal does not reach it.
      { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/', env: { PATH: this.#path } },
    );
    const startedAt = this.#clock.monotonic();
    child.once('exit', () => {
      const lasted = this.#clock.monotonic() - startedAt > notAtOnceMs;
      const goesOn = lasted && !this.#disposed && this.#shells.size > 0;
      this.#running = goesOn ? this.#spawn() : null;
    });
    // What it can't read any more, it does not need: the next one is told all shells.
    child.stdin.on('error', () => {});
    child.unref();
    if (child.stdin instanceof Socket) child.stdin.unref();
    for (const shell of this.#shells) child.stdin.write(`+${shell}\n`);
    return new Promise((resolve) => {
      child.once('spawn', () => resolve(child));
      child.once('error', () => {
        this.#running = null;
        resolve(null);
      });
    });
  }

  #refuseWhenDisposed(): void {
    if (this.#disposed)
      throw new ConveneError('runtime_unavailable', 'The runtimes of this server were shut down.');
  }
}
