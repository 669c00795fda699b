/** `meshlock run`: the proxy itself. */
import { type Clock, systemClock, systemRandom } from '../base/index.ts';
import type { Config } from '../config/index.ts';
import type { ConfigSource } from '../control/index.ts';
import type { Command } from './command.ts';
import { exitCodeOf } from './failure.ts';
import type { RunPlan } from './run-plan.ts';
import { packageVersion } from './version.ts';

export const runCommand: Command = {
  name: 'run',
  summary: 'Run the proxy: from a configuration file, or for one listener and its upstream.',
  usage: ['run -c <file> [options]', 'run --listen <address> --to <address> [options]'],
  options: {
    config: {
      short: 'c',
      value: '<file>',
      description: 'Configuration, YAML or JSON; reloaded when it changes and on SIGHUP.',
    },
    listen: {
      value: '<address>',
      description: 'Without a file: where to accept HTTP; a port or <ip>:<port>.',
    },
    to: {
      value: '<address>',
      repeated: true,
      description: 'Without a file: the upstream, <host>:<port>; several are balanced.',
    },
    admin: { value: '<address>', description: 'Address of the admin API; "off" for none. [127.0.0.1:9901]' },
    'data-threads': {
      value: '<n>',
      description: 'Threads that carry traffic; "auto" for one per CPU. [auto]',
    },
    'log-level': {
      value: '<level>',
      description: 'trace, debug, info, warn, error, fatal or silent. [info]',
    },
  },
  maxPositionals: 0,
  examples: [
    {
      command: 'meshlock run --listen 8080 --to 127.0.0.1:3000',
      does: 'A proxy on port 8080 in front of a server on port 3000, without any file.',
    },
    {
      command: 'meshlock run -c meshlock.yaml --log-level debug',
      does: 'With a file; the options of the command line win over it, also after a reload.',
    },
    {
      command: 'meshlock run --listen 8080 --to 10.0.0.1:80 --to 10.0.0.2:80 --admin 9902',
      does: 'Balances over two servers, with the admin API on port 9902.',
    },
  ],
  async run(invocation) {
    const { givenOptions, readRunPlan } = await import('./run-plan.ts');
    const plan = readRunPlan(invocation);
    const [{ launch }, { dataThreadUrl }] = await Promise.all([
      import('../control/index.ts'),
      import('../data/index.ts'),
    ]);
    const { source, config } = await openSource(plan, systemClock);
    return launch({
      source,
      config,
      clock: systemClock,
      random: systemRandom,
      version: packageVersion(),
      commandLineOptions: givenOptions(invocation),
      entry: dataThreadUrl(),
      // The monotonic clock of a process begins with it.
      beganAtMs: 0,
      exitCodeOf,
    });
  },
};

async function openSource(plan: RunPlan, clock: Clock): Promise<{ source: ConfigSource; config: Config }> {
  const { FileSource, fixedSource, withOverrides } = await import('../control/index.ts');
  if (plan.kind === 'file') {
    const source = await FileSource.open(plan.path, plan.overrides, clock);
    try {
      return { source, config: await source.load() };
    } catch (error) {
      source.close();
      throw error;
    }
  }
  const config = withOverrides(forTerminal(plan.config), plan.overrides);
  return { source: fixedSource('command line', config), config };
}

/** Without a file somebody is likely to look at the terminal. */
function forTerminal(config: Config): Config {
  return process.stderr.isTTY ? { ...config, log: { ...config.log, format: 'text' } } : config;
}
