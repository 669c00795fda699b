/** What the words behind `meshlock health` come to: a question to a proxy, or one about a release. All mistakes are collected. */
import { MeshlockError, type Problem } from '../../base/index.ts';
import { type AdminAddress, readAdminAddress } from '../admin/admin-address.ts';
import { type Invocation, valueOf } from '../command.ts';

interface Asking {
  readonly tokenFile: string | null;
  /** 0: asks once. */
  readonly waitMs: number;
  readonly json: boolean;
}

export interface ProxyPlan extends Asking {
  readonly about: 'proxy';
  readonly admin: AdminAddress;
  /** `null`: the whole. */
  readonly component: string | null;
}

export interface ReleasePlan extends Asking {
  readonly about: 'release';
  /** Scheme, host and port of it. */
  readonly aggregator: AdminAddress;
  readonly release: string;
  /** `null`: the worst of all that have the release. */
  readonly service: string | null;
}

export type HealthPlan = ProxyPlan | ReleasePlan;

/** Options that belong to one question alone. */
const ofProxy: readonly string[] = ['admin', 'component'];
const ofRelease: readonly string[] = ['service', 'aggregator'];

const aggregatorPort = '9921';
/** As much as an aggregator takes. */
const maxNameLength = 256;
const maxWaitMs = 24 * 3_600_000;
const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Rejects with MeshlockError USAGE. */
export function readHealthPlan(invocation: Invocation): Promise<HealthPlan> {
  const value = (option: string): string | null => valueOf(invocation, option) ?? null;
  const problems: Problem[] = [];
  const release = value('release');
  const asking: Asking = {
    tokenFile: value('token-file'),
    waitMs: readWait(value('wait'), problems),
    json: invocation.switches.has('json'),
  };
  problems.push(...conflicts(invocation, release !== null));
  let plan: HealthPlan | null = null;
  if (release === null) {
    const admin = readAdminAddress(value('admin'), problems);
    if (admin !== null) plan = { ...asking, about: 'proxy', admin, component: value('component') };
  } else {
    const service = value('service');
    problems.push(...nameProblems('--release', release), ...nameProblems('--service', service ?? ''));
    const aggregator = readAggregator(value('aggregator'), problems);
    if (aggregator !== null) plan = { ...asking, about: 'release', aggregator, release, service };
  }
  if (problems.length > 0 || plan === null) {
    return Promise.reject(new MeshlockError('USAGE', 'bad use of "meshlock health"', problems));
  }
  return Promise.resolve(plan);
}

function conflicts({ values }: Invocation, isRelease: boolean): readonly Problem[] {
  const expected = isRelease ? 'not to be used with --release' : 'to be used with --release';
  const got = isRelease ? 'both' : 'no --release';
  const foreign = isRelease ? ofProxy : ofRelease;
  return foreign
    .filter((option) => values.has(option))
    .map((option) => ({ path: `--${option}`, expected, got }));
}

function nameProblems(path: string, name: string): readonly Problem[] {
  if (name.length > maxNameLength)
    return [{ path, expected: `at most ${maxNameLength} characters`, got: `${name.length}` }];
  // In an address these two are steps, not names, however they are written.
  if (path === '--release' && /^\.{1,2}$/.test(name))
    return [{ path, expected: 'the id of a release', got: `"${name}"` }];
  return [];
}

/** As the address of an admin API is written, but for its port. */
function readAggregator(text: string | null, problems: Problem[]): AdminAddress | null {
  const given = text ?? '127.0.0.1';
  const isHostAlone = /^(?:\[[^\]]*\]|[\w.-]*[a-z.][\w.-]*)$/i.test(given);
  const found: Problem[] = [];
  const address = readAdminAddress(isHostAlone ? `${given}:${aggregatorPort}` : given, found);
  const expected = `an address such as 127.0.0.1:${aggregatorPort} or http://127.0.0.1:${aggregatorPort}`;
  problems.push(...found.map(({ got }) => ({ path: '--aggregator', expected, got })));
  return address;
}

function readWait(text: string | null, problems: Problem[]): number {
  if (text === null) return 0;
  const [, digits = '', unit = ''] = /^(\d{1,8})(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(digits) * (unitsMs[unit] ?? Number.NaN);
  if (ms > 0 && ms <= maxWaitMs) return ms;
  problems.push({
    path: '--wait',
    expected: 'a time such as 500ms, 30s or 10m, a day at most',
    got: `"${text}"`,
  });
  return 0;
}
