/**
 * What the shell is told: the words that make an interactive bash without a terminal into one that runs commands
 * for a program.
 *
 * Bash is interactive (`-i`), because only then an error or an interruption leaves the command and not the shell.
 * It reads its own instructions from descriptor 0; commands have another input and output, and are loaded from a
 * file, so that their size costs nothing and no part of one is ever taken for an instruction. An interruption that
 * comes while bash reads an instruction makes it forget what it has read and take the rest for one; therefore
 * every name used here ends so that no rest of it can name a command.
 */

/** Descriptors that bash starts with, and where it keeps them, away from those that commands like to use. */
const commandInput = 3;
const commandOutput = 4;
const keptInput = 97;
const keptOutput = 98;

export const bashArguments = ['--norc', '--noprofile', '--noediting', '-i', '-s'] as const;

/** Set for every command, so that its processes can be told from those of earlier ones. */
export const commandVariable = 'CONVENE_COMMAND';
/** Set for the shell: everything that it starts can be found by it. */
export const shellVariable = 'CONVENE_SHELL';

/** Files in the shell's private folder. */
export const files = {
  command: '_command_',
  run: '_run_',
  state: '_state_',
  control: '_control_',
  input: '_input_',
  output: '_output_',
} as const;

/** Makes `path` one word of the shell's language without using quotation marks. */
function escaped(path: string): string {
  return path.replaceAll(/[^A-Za-z0-9_/.,:@%+-]/g, '\\$&');
}

/**
 * The content of `files.run`: runs what is in `files.command` behind `token`, with the exit code of the last command in
 * `$?`. It says first that it has that: bash has no other way to tell a file that is gone from a command that fails.
 *
 * A `read` that was interrupted (ours, or one of a command) leaves what it had in its buffer to the next `read`. Such a
 * rest does not begin with the token, and then the second `read` starts at the beginning of the file.
 */
export function runScript(folder: string, token: string): string {
  const read = `IFS= builtin read -r -d '' __convene_command__ <${escaped(folder)}/${files.command}`;
  return [
    '__convene_loaded__= __convene_command__=',
    `${read} || :`,
    `[[ $__convene_command__ == ${token}* ]] || ${read} || :`,
    `[[ $__convene_command__ != ${token}* ]] || __convene_loaded__=loaded`,
    `[[ $__convene_loaded__ ]] || __convene_command__=`,
    '__convene_status__ "$__convene_exit__" && :',
    `builtin eval -- "\${__convene_command__#${token}}" <&${keptInput} >&${keptOutput} 2>&${keptOutput} ${keptInput}<&- ${keptOutput}>&-`,
    '',
  ].join('\n');
}

export interface OpeningOptions {
  readonly folder: string;
  /** Marks the reports. */
  readonly token: string;
  /** The value of `CONVENE_COMMAND` without its number. */
  readonly tag: string;
  readonly number: number;
}

/**
 * The first instructions: keep the descriptors, restore what an earlier shell left, report. The state (directory
 * and exported variables) is saved with each report and at the end, so that it outlives the shell.
 */
export function openingScript(options: OpeningOptions): string {
  const state = `${escaped(options.folder)}/${files.state}`;
  return [
    `exec ${keptInput}<&${commandInput} ${keptOutput}>&${commandOutput} ${commandInput}<&- ${commandOutput}>&-`,
    'set +o history +H; shopt -s execfail; unset MAILCHECK HISTFILE',
    `[ ! -f ${state} ] || . ${state}`,
    '__convene_exit__=0 __convene_loaded__=',
    '__convene_status__() { return "$1"; }',
    // Written over, not cut off first: some file systems make the replacing of a file's content slow and durable.
    `__convene_save__() { { builtin export -p; builtin printf 'builtin cd -- %q\\nreturn\\n' "$PWD"; } 1<>${state}; }`,
    '__convene_report__() {',
    '__convene_exit__=$?',
    `__convene_save__`,
    'builtin hash python3',
    `builtin printf '\\0%s\\0%s\\0%s\\0%s\\0%s\\0%s\\0' ${options.token} "$1" "$__convene_exit__" "$PWD" "\${BASH_CMDS[python3]-}" "$__convene_loaded__" >&${keptOutput}`,
    '__convene_loaded__=',
    `builtin export ${commandVariable}=${options.tag}.$(($1 + 1))`,
    'return "$__convene_exit__"',
    '}',
    "trap 'trap - INT; kill -INT $$' URG",
    'trap __convene_save__ EXIT',
    reportInstruction(options.number),
  ].join('\n');
}

/** How many fields a report has: number, exit code, directory, python, whether the command was loaded. */
export const reportFields = 5;

/** Runs the command in `files.command` and reports its end as `number`. */
export function runInstruction(folder: string, number: number): string {
  return `. ${escaped(folder)}/${files.run}\n${reportInstruction(number)}`;
}

/** Lets bash save its state, and end. */
export const leaveInstruction = '__convene_save__; builtin exit\n';

/** Asks for the report of `number` (again): `&& :` keeps `set -e` from ending the shell, and the exit code. */
export function reportInstruction(number: number): string {
  return `__convene_report__ ${number} && :\n`;
}
