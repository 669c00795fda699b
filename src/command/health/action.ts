/** Asks, again if it is to wait, and says what came of it. */
import { MessageChannel } from 'node:worker_threads';
import { type Clock, systemClock } from '../../base/index.ts';
import { AdminClient } from '../admin/admin-client.ts';
import { AdminFailure } from '../admin/admin-failure.ts';
import { readToken } from '../admin/admin-token.ts';
import type { Output } from '../command.ts';
import { type Finding, findingOf, type Outcome } from './outcome.ts';
import type { HealthPlan } from './plan.ts';

/** Between two questions; the proxy itself looks as often. */
const pauseMs = 500;
/** A proxy that is alive answers from memory. */
const patienceMs = 5000;

const exitCodes: Readonly<Record<Outcome, number>> = { pass: 0, fail: 1, inconclusive: 3 };

interface Asked {
  readonly finding: Finding;
  readonly answer: unknown;
}

/** Returns the exit code. Rejects with an AdminFailure when there was no answer in time. */
export async function askHealth(
  plan: HealthPlan,
  output: Output,
  clock: Clock = systemClock,
): Promise<number> {
  const client = new AdminClient(plan.admin, await readToken(plan.tokenFile));
  // Timers do not hold the process, and between two questions nothing else does.
  const { port1: hold } = new MessageChannel();
  hold.ref();
  try {
    const asked = await askUntilWell(client, plan, clock);
    tell(asked, plan, output);
    return exitCodes[asked.finding.outcome];
  } finally {
    hold.close();
  }
}

async function askUntilWell(client: AdminClient, plan: HealthPlan, clock: Clock): Promise<Asked> {
  const endMs = clock.now() + plan.waitMs;
  for (;;) {
    const asked = await ask(client, plan);
    const isOver = clock.now() >= endMs;
    if (asked instanceof AdminFailure) {
      if (isOver) throw asked;
    } else if (isOver || asked.finding.outcome === 'pass') {
      return asked;
    }
    await pause(Math.min(pauseMs, Math.max(1, endMs - clock.now())), clock);
  }
}

async function ask(client: AdminClient, { component }: HealthPlan): Promise<Asked | AdminFailure> {
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

function tell({ finding, answer }: Asked, { json }: HealthPlan, output: Output): void {
  const { outcome, reason, lines } = finding;
  if (json) {
    output.out(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  const head = reason === '' ? outcome : `${outcome}: ${reason}`;
  output.out(`${[head, ...lines.map((line) => `  ${line}`)].join('\n')}\n`);
}

function pause(ms: number, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(ms, resolve);
  return promise;
}
