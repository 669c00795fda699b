/** Finds the command, reads its options, runs it, and turns what goes wrong into a message and an exit code. */
import { didYouMean, MeshlockError } from '../base/index.ts';
import { aggregateCommand } from './aggregate.ts';
import type { Command, Output } from './command.ts';
import { exitCodeOf, failureText } from './failure.ts';
import { healthCommand } from './health/health.ts';
import { commandHelp, overview } from './help.ts';
import { readInvocation } from './invocation.ts';
import { profileCommand } from './profile/profile.ts';
import { runCommand } from './run.ts';
import { validateCommand } from './validate.ts';
import { versionCommand, versionText } from './version.ts';

const terminal: Output = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

const helpCommand: Command = {
  name: 'help',
  summary: 'Explain a command.',
  usage: ['help [<command>]'],
  options: {},
  maxPositionals: 1,
  examples: [{ command: 'meshlock help run', does: 'The same as meshlock run --help.' }],
  async run({ positionals: [topic] }, output) {
    output.out(topic === undefined ? overview(commands) : commandHelp(await find(topic)));
    return 0;
  },
};

export const commands: readonly Command[] = [
  runCommand,
  validateCommand,
  healthCommand,
  aggregateCommand,
  profileCommand,
  versionCommand,
  helpCommand,
];

/** `words` without the program. Returns the exit code: 0, 1 failed, 2 bad usage or configuration, 3 not known yet. */
export async function main(words: readonly string[], output: Output = terminal): Promise<number> {
  try {
    return await dispatch(words, output);
  } catch (error) {
    if (!(error instanceof MeshlockError)) throw error;
    output.err(failureText(error));
    if (error.code === 'USAGE') output.err('Try "meshlock --help".\n');
    return exitCodeOf(error);
  }
}

async function dispatch(words: readonly string[], output: Output): Promise<number> {
  const [first, ...rest] = words;
  if (first === undefined) {
    output.err(overview(commands));
    return 2;
  }
  if (first === '--help' || first === '-h') {
    output.out(overview(commands));
    return 0;
  }
  if (first === '--version' || first === '-v') {
    output.out(versionText());
    return 0;
  }
  const command = await find(first);
  const invocation = await readInvocation(command, rest);
  if (invocation.switches.has('help')) {
    output.out(commandHelp(command));
    return 0;
  }
  return command.run(invocation, output);
}

async function find(name: string): Promise<Command> {
  const command = commands.find((known) => known.name === name);
  if (command !== undefined) return command;
  const names = commands.map((known) => known.name);
  throw new MeshlockError('USAGE', `there is no command "${name}"`, [
    {
      path: '',
      expected: `one of ${names.join(', ')}`,
      got: `"${name}"`,
      ...didYouMean(name, names),
    },
  ]);
}
