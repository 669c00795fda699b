/** `meshlock health`: asks a running proxy how it is, for pipelines and for people. */
import { AdminFailure } from '../admin/admin-failure.ts';
import type { Command, Invocation, Output } from '../command.ts';
import { readHealthPlan } from './plan.ts';

export const healthCommand: Command = {
  name: 'health',
  summary: 'Ask a running proxy whether it is well: exit code 0 yes, 1 no, 3 not known yet.',
  usage: ['health [--component <name>] [--wait <time>] [--json]'],
  options: {
    admin: { value: '<address>', description: 'Admin API of the proxy. [127.0.0.1:9901]' },
    'token-file': {
      value: '<file>',
      description: 'File with its token. [MESHLOCK_ADMIN_TOKEN in the environment]',
    },
    component: { value: '<name>', description: 'Only this one, such as clusters. [all, and the gate]' },
    wait: {
      value: '<time>',
      description: 'Ask again until it is well, for so long, such as 30s. [ask once]',
    },
    json: { description: 'The whole answer, for programs.' },
  },
  maxPositionals: 0,
  examples: [
    { command: 'meshlock health', does: 'Is this proxy well, and what is not?' },
    {
      command: 'meshlock health --wait 30s && echo open',
      does: 'Wait until it has opened its listeners to traffic.',
    },
    { command: 'meshlock health --component clusters', does: 'Only whether its upstreams are there.' },
  ],
  async run(invocation: Invocation, output: Output) {
    const plan = await readHealthPlan(invocation);
    const { askHealth } = await import('./action.ts');
    try {
      return await askHealth(plan, output);
    } catch (error) {
      if (!(error instanceof AdminFailure)) throw error;
      output.err(`meshlock: ${error.message}\n`);
      return 1;
    }
  },
};
