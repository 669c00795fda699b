/** What the options of `meshlock run` come to. All mistakes are collected. */
import { didYouMean, MeshlockError, type Problem } from '../base/index.ts';
import { type Config, type LogLevel, quickConfig } from '../config/index.ts';
import type { ConfigOverrides } from '../control/index.ts';
import { type Invocation, valueOf } from './command.ts';

export type RunPlan =
  | { readonly kind: 'file'; readonly path: string; readonly overrides: ConfigOverrides }
  | { readonly kind: 'quick'; readonly config: Config; readonly overrides: ConfigOverrides };

const maxDataThreads = 64;
const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** Throws MeshlockError USAGE. */
export function readRunPlan(invocation: Invocation): RunPlan {
  const problems: Problem[] = sourceProblems(invocation);
  const logLevel = readLogLevel(valueOf(invocation, 'log-level'), problems);
  const dataThreads = readDataThreads(valueOf(invocation, 'data-threads'), problems);
  const admin = valueOf(invocation, 'admin');
  const path = valueOf(invocation, 'config');
  const listen = valueOf(invocation, 'listen');
  const to = invocation.values.get('to')?.join(',');
  // Addresses are read by the rules of the file; without --listen and --to only --admin is looked at.
  const config = readAddresses({ listen: listen ?? '1', to: to ?? '127.0.0.1:1', admin }, problems);
  if (config === null || problems.length > 0) {
    throw new MeshlockError('USAGE', 'bad use of "meshlock run"', problems);
  }
  const overrides: ConfigOverrides = {
    ...(logLevel !== undefined && { logLevel }),
    ...(dataThreads !== undefined && { dataThreads }),
    ...(admin !== undefined && { adminAddress: isOff(admin) ? null : config.admin.address }),
  };
  return path === undefined ? { kind: 'quick', config, overrides } : { kind: 'file', path, overrides };
}

function sourceProblems({ values }: Invocation): Problem[] {
  const problems: Problem[] = [];
  const [hasFile, hasListen, hasTo] = [values.has('config'), values.has('listen'), values.has('to')];
  if (hasFile && (hasListen || hasTo)) {
    const got = hasListen ? '--listen' : '--to';
    problems.push({
      path: '--config',
      expected: 'to be the only source',
      got: `${got} beside it`,
      hint: 'the file has listeners and clusters of its own',
    });
  } else if (!hasFile && !hasListen && !hasTo) {
    problems.push({
      path: '',
      expected: '--config <file>, or --listen <address> and --to <address>',
      got: 'neither',
      hint: 'such as: meshlock run --listen 8080 --to 127.0.0.1:3000',
    });
  } else if (!hasFile && hasListen !== hasTo) {
    const missing = hasListen ? '--to' : '--listen';
    problems.push({
      path: missing,
      expected: 'an address',
      got: 'nothing',
      hint: '--listen and --to go together',
    });
  }
  return problems;
}

function readAddresses(
  options: { listen: string; to: string; admin: string | undefined },
  problems: Problem[],
): Config | null {
  const { listen, to, admin } = options;
  try {
    return quickConfig({ listen, to, ...(admin !== undefined && !isOff(admin) && { admin }) });
  } catch (error) {
    if (!(error instanceof MeshlockError)) throw error;
    problems.push(...error.problems.map((problem) => ({ ...problem, path: `--${problem.path}` })));
    return null;
  }
}

function isOff(admin: string): boolean {
  return admin === 'off';
}

function readLogLevel(text: string | undefined, problems: Problem[]): LogLevel | undefined {
  if (text === undefined) return undefined;
  const level = logLevels.find((known) => known === text);
  if (level !== undefined) return level;
  problems.push({
    path: '--log-level',
    expected: `one of ${logLevels.join(', ')}`,
    got: `"${text}"`,
    ...didYouMean(text, logLevels),
  });
  return undefined;
}

function readDataThreads(text: string | undefined, problems: Problem[]): number | 'auto' | undefined {
  if (text === undefined || text === 'auto') return text;
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= maxDataThreads) return count;
  problems.push({
    path: '--data-threads',
    expected: `a number from 1 to ${maxDataThreads}, or auto`,
    got: `"${text}"`,
  });
  return undefined;
}

/** For `/server_info`: the options as they were given. */
export function givenOptions({ values }: Invocation): Readonly<Record<string, string>> {
  return Object.fromEntries([...values].map(([name, given]) => [name, given.join(',')]));
}
