/** Asks a proxy, again if it is to wait, and says what came of it. */
import { type Clock, systemClock } from '../../base/index.ts';
import { AdminClient } from '../admin/admin-client.ts';
import { AdminFailure } from '../admin/admin-failure.ts';
import { readToken } from '../admin/admin-token.ts';
import type { Output } from '../command.ts';
import { exitCodes, type Finding, findingOf } from './outcome.ts';
import { askUntil } from './patience.ts';
import type { ProxyPlan } from './plan.ts';

/** Between two questions; the proxy itself looks as often. */
const pauseMs = 500;
/** A proxy that is alive answers from memory. */
const patienceMs = 5000;

interface Asked {
  readonly finding: Finding;
  readonly answer: unknown;
}

/** Returns the exit code. Rejects with an AdminFailure when there was no answer in time. */
export async function askHealth(
  plan: ProxyPlan,
  output: Output,
  clock: Clock = systemClock,
): Promise<number> {
  const client = new AdminClient(plan.admin, await readToken(plan.tokenFile));
  const { waitMs } = plan;
  const asked = await askUntil(() => ask(client, plan), isWell, { waitMs, pauseMs, clock });
  if (asked instanceof AdminFailure) throw asked;
  tell(asked, plan, output);
  return exitCodes[asked.finding.outcome];
}

function isWell(asked: Asked | AdminFailure): boolean {
  return !(asked instanceof AdminFailure) && asked.finding.outcome === 'pass';
}

async function ask(client: AdminClient, { component }: ProxyPlan): Promise<Asked | AdminFailure> {
  const path = '/v1/health';
  try {
    const answer = await client.json({ path, alsoAnswers: [503], timeoutMs: patienceMs });
    const finding = findingOf(answer, component);
    if (finding === null)
      throw new AdminFailure(`${client.urlOf(path)} does not answer like a Meshlock admin API`);
    return { finding, answer };
  } catch (error) {
    if (error instanceof AdminFailure) return error;
    throw error;
  }
}

function tell({ finding, answer }: Asked, { json }: ProxyPlan, output: Output): void {
  const { outcome, reason, lines } = finding;
  if (json) {
    output.out(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  const head = reason === '' ? outcome : `${outcome}: ${reason}`;
  output.out(`${[head, ...lines.map((line) => `  ${line}`)].join('\n')}\n`);
}
