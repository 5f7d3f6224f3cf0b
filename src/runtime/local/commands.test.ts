/** Commands in a real shell: what they do to it, what comes back, and what they can't do to it. */
import { appendFile, mkdir } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isError } from '../../errors.ts';
import { eventually, execute, type Fixture, openFixture } from './fixture.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await openFixture({ environment: { ...process.env, GITHUB_TOKEN: 'secret', npm_config_x: '1' } });
});

afterAll(() => fixture[Symbol.asyncDispose]());

const run = (...args: Parameters<Fixture['run']>) => fixture.run(...args);
const output = async (command: string): Promise<string> => (await run(command)).content;
const exitCode = async (command: string): Promise<number> => (await run(command)).extras.metadata.exit_code;

describe('a command', () => {
  it('runs in the workspace', async () => {
    expect(await output('pwd')).toBe(fixture.workspace);
  });

  it('answers with what it printed, in the order in which it printed it', async () => {
    expect(await output('echo a; echo b >&2; echo c; printf d >&2')).toBe('a\nb\nc\nd');
  });

  it('answers with exit code, directory, user, host and python', async () => {
    const { extras, success } = await run('cd /tmp; false');
    expect(success).toBe(false);
    expect(extras).toMatchObject({
      command: 'cd /tmp; false',
      hidden: false,
      metadata: {
        exit_code: 1,
        pid: -1,
        working_dir: '/tmp',
        username: userInfo().username,
        hostname: hostname(),
      },
    });
    expect(extras.metadata.suffix).toContain('exit code 1');
    expect(extras.metadata.py_interpreter_path).toBe((await output('command -v python3')) || null);
    await run(`cd ${fixture.workspace}`);
  });

  it('leaves directory, variables, functions, aliases and the exit code to the next', async () => {
    await run(
      'mkdir -p sub && cd sub; export A=1; b=2; declare -a m=(3); f() { echo "f:$1"; }; alias four="echo 4"; (exit 5)',
    );
    expect(await output('echo $?; pwd; echo $A $b $m; f x; four')).toBe(
      `5\n${fixture.workspace}/sub\n1 2 3\nf:x\n4`,
    );
    await run('cd ..');
  });

  it.each([
    ['several lines', 'echo a\necho b\n\n  echo c', 'a\nb\nc'],
    ['a here-document', "cat <<'EOF'\n$HOME `x` \\\nEOF", '$HOME `x` \\'],
    ['quotation marks of all kinds', `echo 'a"b' "c'd" $'e\\'f' \\"`, `a"b c'd e'f "`],
    ['an exclamation mark', 'echo "hello!world!!"', 'hello!world!!'],
    ['a comment at the end', 'echo a # comment', 'a'],
    ['a backslash at the end of a line', 'echo a \\\n b', 'a b'],
    ['a loop over lines', 'printf \'1\\n2\\n\' | while read -r n; do echo "n=$n"; done', 'n=1\nn=2'],
    ['a subshell with a status', '(exit 3) || echo "was $?"', 'was 3'],
    ['text beyond ASCII', 'echo "grüß 你好 😀"', 'grüß 你好 😀'],
    ['a leading hyphen in the next word', 'printf -- "-x\\n"', '-x'],
  ])('may have %s', async (_, command, expected) => {
    expect(await output(command)).toBe(expected);
  });

  it('may be long', async () => {
    expect(await output(`echo ${'x'.repeat(1_000_000)} | wc -c`)).toBe('1000001');
    expect(await output('echo short')).toBe('short');
  });

  it('writes to /dev/stdout and /dev/stderr and sees no descriptor that is not its own', async () => {
    expect(await output('echo a > /dev/stdout; echo b | tee /dev/stderr')).toBe('a\nb\nb');
    const before = await output('ls /proc/self/fd | wc -l');
    expect(Number(before)).toBeLessThanOrEqual(5);
  });

  it('is told from an error of the shell by its exit code', async () => {
    expect(await exitCode('no-such-command-here')).toBe(127);
    expect(await exitCode('kill -9 $BASHPID & wait $!')).toBe(137);
  });

  it.each(['echo "unbalanced', "echo 'unbalanced", 'if true; then', 'for', 'echo a; )', '<<EOF cat $('])(
    'that bash does not understand (%s) is an error of its own',
    async (command) => {
      const observation = await run(command);
      expect(observation.extras.metadata.exit_code).not.toBe(0);
      expect(observation.content).toMatch(/line 1|line 2|unexpected/);
      expect(await output('echo alive')).toBe('alive');
    },
  );

  it('with unbalanced quotes has exit code 2', async () => {
    expect(await exitCode('echo "x')).toBe(2);
  });

  it('with a NUL character is refused', async () => {
    expect(await execute(fixture.runtime, 'echo a\0b')).toMatchObject({ observation: 'error' });
  });

  it('does not see the secrets and the start of the server', async () => {
    const environment = await output('env');
    expect(environment).not.toMatch(/^(GITHUB_TOKEN|npm_|NODE_|VITEST)/m);
    expect(environment).toMatch(/^TERM=dumb$/m);
    expect(environment).not.toContain('node_modules/.bin');
  });

  it('has an input that is silent, not one that has ended', async () => {
    expect(await output('read -t 0.05 x; echo $?')).toBe('142');
  });
});

describe('a command that changes the shell', () => {
  it('cannot redirect its output for good', async () => {
    await run('exec > lost.txt 2>&1; echo to the file');
    expect(await output('echo back; cat lost.txt')).toBe('back\nto the file');
  });

  it('cannot close its input and output for good', async () => {
    await run('exec 0<&- 1>&- 2>&-');
    expect(await output('echo alive')).toBe('alive');
  });

  it('can close even the descriptors of bash, and is left by C-c', async () => {
    await using own = await openFixture();
    await own.run('export A=1');
    await own.run('for fd in $(seq 3 200); do eval "exec $fd>&-"; done', { timeout: 0.1 });
    expect((await own.run('C-c')).extras.metadata.suffix).toContain('The shell ended');
    expect((await own.run('echo "$A"')).content).toBe('1');
  });

  it.each([
    'set -u',
    'set -x',
    'set -v',
    'set -f',
    'set -n',
    'set -o pipefail',
    'set -o posix',
    'set -C',
    'IFS=,',
    'unalias -a',
    'unset PATH',
  ])('keeps it working after %s', async (command) => {
    await using own = await openFixture();
    await own.run(command);
    await own.run(command);
    expect((await own.run('echo alive')).content).toMatch(/alive$/);
    expect((await own.run('false')).extras.metadata.exit_code).toBe(1);
  });

  it('ends it by exit, and directory and exported variables live on', async () => {
    await using own = await openFixture();
    const ended = await own.run('mkdir sub; cd sub; export A="a b\nc"; n=1; exit 3');
    expect(ended.extras.metadata.exit_code).toBe(3);
    expect(ended.extras.metadata.suffix).toContain('The shell ended with exit code 3');
    expect((await own.run('pwd; echo "$A"; echo "[$n]"')).content).toBe(`${own.workspace}/sub\na b\nc\n[]`);
  });

  it('ends it by set -e and a failure', async () => {
    await using own = await openFixture();
    await own.run('set -e');
    expect((await own.run('echo before; false; echo after')).content).toBe('before');
    expect((await own.run('false; echo after')).content).toBe('after');
  });

  it('ends it by kill -9, and the next command finds a new one', async () => {
    await using own = await openFixture();
    await own.run('export A=1');
    expect((await own.run('kill -9 $$')).extras.metadata.exit_code).toBe(137);
    expect((await own.run('echo "$A"')).content).toBe('1');
  });

  it('may remove the workspace under its feet', async () => {
    await using own = await openFixture();
    await own.run('rm -rf "$PWD"');
    expect((await own.run('echo alive')).content).toContain('alive');
    await own.run('exit');
    expect((await own.run('pwd')).content).toBe(own.workspace);
  });
});

describe('output', () => {
  it('keeps its beginning and its end where there is too much', async () => {
    const { content } = await run('seq 1 1000000');
    expect(content.length).toBeLessThan(51_000);
    expect(content).toMatch(/^1\n2\n3\n/);
    expect(content).toMatch(/\[… 6838896 bytes of output were cut out here …\]/);
    expect(content).toMatch(/\n999999\n1000000$/);
  });

  it('may be a single huge line, or no text at all', async () => {
    expect((await run('head -c 3000000 /dev/zero | tr "\\0" x')).content).toMatch(
      /^x+\n\[… 2950000 bytes .* …\]\nx+$/,
    );
    expect((await run('head -c 300000 /dev/urandom')).extras.metadata.exit_code).toBe(0);
    expect((await run("printf 'a\\0b\\377c'")).content).toBe('a\0b\u{fffd}c');
  });

  it('takes bounded memory', async () => {
    const before = process.memoryUsage.rss();
    expect((await run('yes | head -c 200M')).content.length).toBeLessThan(51_000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(60 * 1024 * 1024);
  });

  it('leaves the event loop to others while it floods', async () => {
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    const from = performance.now();
    await run('yes | head -c 100M');
    clearInterval(timer);
    expect(longest).toBeLessThan((performance.now() - from) / 4);
  });

  it('of a background process that floods does not keep the next command waiting', async () => {
    await using own = await openFixture();
    await own.run('yes & true');
    const { content } = await own.run('sleep 0.3; kill %1; wait; echo next');
    expect(content).toContain('bytes of output were cut out here');
    expect(content).toMatch(/next$/);
  });

  it('is streamed as it comes', async () => {
    const seen: string[] = [];
    await run('mkfifo go.fifo');
    const started = run('echo first; cat go.fifo', { onOutput: (text) => seen.push(text) });
    await eventually(() => seen.join('') === 'first\n');
    await appendFile(join(fixture.workspace, 'go.fifo'), 'second\n');
    expect((await started).content).toBe('first\nsecond');
    expect(seen.join('')).toBe('first\nsecond\n');
  });

  it('of a background process comes with the next command', async () => {
    await run('mkfifo bg.fifo; (read x < bg.fifo; echo from the background) &');
    expect(await output('echo > bg.fifo; wait; echo next')).toBe('from the background\nnext');
  });
});

describe('the runtime', () => {
  it('carries out one action after the other, in the order of the calls', async () => {
    const answers = await Promise.all([run('sleep 0.1; echo a; x=1'), run('echo b$x; x=2'), run('echo c$x')]);
    expect(answers.map(({ content }) => content)).toEqual(['a', 'b1', 'c2']);
  });

  it('answers other kinds of actions, or says that it does not know them', async () => {
    const signal = new AbortController().signal;
    const think = { action: 'think', args: { thought: 'hm' } } as const;
    expect(await fixture.runtime.execute(think, { signal })).toMatchObject({ observation: 'think' });
    const browse = { action: 'browse', args: { url: 'https://example.org', thought: '' } } as const;
    expect(await fixture.runtime.execute(browse, { signal })).toMatchObject({
      observation: 'error',
      content: expect.stringContaining('does not support browse'),
    });
  });

  it('says that bash is missing by its code', async () => {
    await using own = await openFixture({ bash: 'no-such-bash' });
    await expect(own.run('true')).rejects.toSatisfy(
      (error) =>
        isError(error, 'runtime_unavailable') && error.message.includes('no-such-bash was not found'),
    );
    await mkdir(join(own.workspace, 'files'), { recursive: true });
    expect(await own.provider.files('conversation').list()).toEqual(['files/']);
  });

  it('starts no process before the first command, and costs less than 1 KB until then', async () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    await using own = await openFixture();
    collect();
    const before = process.memoryUsage().heapUsed;
    const watched = process.getActiveResourcesInfo().length;
    const many = await Promise.all(
      Array.from({ length: 10_000 }, (_, index) => own.provider.open(`c${index}`)),
    );
    collect();
    expect((process.memoryUsage().heapUsed - before) / many.length).toBeLessThan(1024);
    expect(process.getActiveResourcesInfo().length).toBe(watched);
  });

  it('refuses ids that are no names of folders', async () => {
    for (const sid of ['', '..', 'a/b', 'a\0', 'x'.repeat(65)]) {
      await expect(fixture.provider.open(sid)).rejects.toSatisfy((error) =>
        isError(error, 'invalid_request'),
      );
      await expect(fixture.provider.remove(sid)).rejects.toSatisfy((error) =>
        isError(error, 'invalid_request'),
      );
    }
  });

  it('removes a workspace with what still runs in it', async () => {
    await using own = await openFixture();
    await own.run('mkdir -p deep/er; (while :; do echo > file; sleep 0.01; done) &');
    await own.provider.remove('conversation');
    expect(await own.provider.files('conversation').list()).toEqual([]);
  });
});
