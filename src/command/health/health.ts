/** `meshlock health`: asks a proxy how it is, or an aggregator about a release, for pipelines and for people. */
import { AdminFailure } from '../admin/admin-failure.ts';
import type { Command, Invocation, Output } from '../command.ts';
import { type HealthPlan, readHealthPlan } from './plan.ts';

export const healthCommand: Command = {
  name: 'health',
  summary:
    'Ask whether a running proxy is well, or a release is good: exit code 0 yes, 1 no, 3 not known yet.',
  usage: [
    'health [--component <name>] [--wait <time>] [--json]',
    'health --release <id> [--service <name>] [--wait <time>] [--json]',
  ],
  options: {
    admin: { value: '<address>', description: 'Admin API of the proxy. [127.0.0.1:9901]' },
    'token-file': {
      value: '<file>',
      description: 'File with the token of whom it asks. [MESHLOCK_ADMIN_TOKEN in the environment]',
    },
    component: { value: '<name>', description: 'Only this one, such as clusters. [all, and the gate]' },
    release: { value: '<id>', description: 'The verdict on this release or version, from the aggregator.' },
    service: {
      value: '<name>',
      description: 'Only of this service. [the worst of all that have the release]',
    },
    aggregator: { value: '<address>', description: 'The aggregator. [127.0.0.1:9921]' },
    wait: {
      value: '<time>',
      description: 'Ask again for so long, such as 30s, until it is well or the verdict is there. [ask once]',
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
    {
      command: 'meshlock health --release 2026-11-20.3 --wait 10m && echo promote',
      does: 'Wait for the verdict on a release.',
    },
  ],
  async run(invocation: Invocation, output: Output) {
    const plan = await readHealthPlan(invocation);
    try {
      return await ask(plan, output);
    } catch (error) {
      if (!(error instanceof AdminFailure)) throw error;
      output.err(`meshlock: ${error.message}\n`);
      return 1;
    }
  },
};

async function ask(plan: HealthPlan, output: Output): Promise<number> {
  if (plan.about === 'proxy') {
    const { askHealth } = await import('./action.ts');
    return askHealth(plan, output);
  }
  const { askRelease } = await import('./release-action.ts');
  return askRelease(plan, output);
}
