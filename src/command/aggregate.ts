/** `meshlock aggregate`: collects what a fleet counts, names suspects and judges releases. */
import { systemClock } from '../base/index.ts';
import { type Command, valueOf } from './command.ts';

export const aggregateCommand: Command = {
  name: 'aggregate',
  summary: 'Collect what the nodes of a fleet count, name suspects, and judge releases.',
  usage: ['aggregate [-c <file>] [--history <url>]'],
  options: {
    config: {
      short: 'c',
      value: '<file>',
      description: 'Settings, YAML or JSON. Without it: 127.0.0.1:9921, everything in memory.',
    },
    history: {
      value: '<url>',
      description:
        'Prometheus or VictoriaMetrics, asked for the minutes that no node has reported here; over what the file says.',
    },
  },
  maxPositionals: 0,
  examples: [
    { command: 'meshlock aggregate -c aggregate.yaml', does: 'Runs until SIGTERM.' },
    {
      command: 'curl -s 127.0.0.1:9921/v1/releases/2026-11-20.3/verdict',
      does: 'What a pipeline asks: pass, fail, or not known yet, with reasons.',
    },
  ],
  async run(invocation) {
    const { launchAggregator } = await import('../control/index.ts');
    return launchAggregator({
      path: valueOf(invocation, 'config') ?? null,
      history: valueOf(invocation, 'history') ?? null,
      clock: systemClock,
    });
  },
};
