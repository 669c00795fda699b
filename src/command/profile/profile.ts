/** `meshlock profile`: the captures of a running proxy, from another terminal. */
import type { Command, Invocation, Output } from '../command.ts';
import { AdminFailure } from '../admin/admin-failure.ts';
import { readProfilePlan } from './plan.ts';

export const profileCommand: Command = {
  name: 'profile',
  summary: 'Look at what a running proxy has caught: list, show, get, take, open captures.',
  usage: [
    'profile list [--subject <name>] [--kind <kind>] [--json]',
    'profile show <id|latest> [--json]',
    'profile get <id|latest> [--format <format>] [-o <file>] [--force]',
    'profile take <subject> [--kind <kind>] [--seconds <n>] [--json]',
    'profile open <id|latest> [--print]',
  ],
  options: {
    admin: { value: '<address>', description: 'Admin API of the proxy. [127.0.0.1:9901]' },
    'token-file': {
      value: '<file>',
      description: 'File with its token. [MESHLOCK_ADMIN_TOKEN in the environment]',
    },
    subject: { value: '<name>', description: 'Only captures of this subject, such as data-1.' },
    kind: { value: '<kind>', description: 'cpu, heap, handles, stack or snapshot. [take: cpu]' },
    seconds: { value: '<n>', description: 'How long to look, 1 to 120. [as the proxy is set]' },
    format: {
      value: '<format>',
      description: 'pb.gz, cpuprofile, heapprofile, heapsnapshot or json. [pb.gz]',
    },
    output: { short: 'o', value: '<file>', description: 'Where to put it. [<id>.<format>]' },
    force: { description: 'Overwrite a file that is there.' },
    json: { description: 'The whole record, for programs.' },
    print: { description: 'Only print the address of the flame graph.' },
  },
  maxPositionals: 2,
  examples: [
    { command: 'meshlock profile list', does: 'What was caught, newest first, a sentence each.' },
    {
      command: 'meshlock profile take data-1 --seconds 10',
      does: 'Profile a thread now and say what it does.',
    },
    { command: 'meshlock profile get latest && go tool pprof *.pb.gz', does: 'The newest one in pprof.' },
    { command: 'meshlock profile open latest', does: 'The newest one as a flame graph in the browser.' },
  ],
  async run(invocation: Invocation, output: Output) {
    const plan = await readProfilePlan(invocation);
    const { runAction } = await import('./action.ts');
    try {
      await runAction(plan, output);
      return 0;
    } catch (error) {
      if (!(error instanceof AdminFailure)) throw error;
      output.err(`meshlock: ${error.message}\n`);
      return 1;
    }
  },
};
