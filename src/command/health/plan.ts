/** What the words behind `meshlock health` come to. All mistakes are collected. */
import { MeshlockError, type Problem } from '../../base/index.ts';
import { type AdminAddress, readAdminAddress } from '../admin/admin-address.ts';
import { type Invocation, valueOf } from '../command.ts';

export interface HealthPlan {
  readonly admin: AdminAddress;
  readonly tokenFile: string | null;
  /** `null`: the whole. */
  readonly component: string | null;
  /** 0: asks once. */
  readonly waitMs: number;
  readonly json: boolean;
}

const maxWaitMs = 24 * 3_600_000;
const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Rejects with MeshlockError USAGE. */
export function readHealthPlan(invocation: Invocation): Promise<HealthPlan> {
  const problems: Problem[] = [];
  const admin = readAdminAddress(valueOf(invocation, 'admin') ?? null, problems);
  const waitMs = readWait(valueOf(invocation, 'wait'), problems);
  if (problems.length > 0 || admin === null) {
    return Promise.reject(new MeshlockError('USAGE', 'bad use of "meshlock health"', problems));
  }
  return Promise.resolve({
    admin,
    tokenFile: valueOf(invocation, 'token-file') ?? null,
    component: valueOf(invocation, 'component') ?? null,
    waitMs,
    json: invocation.switches.has('json'),
  });
}

function readWait(text: string | undefined, problems: Problem[]): number {
  if (text === undefined) return 0;
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
