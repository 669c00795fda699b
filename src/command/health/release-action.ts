/** Asks an aggregator about a release, again if it is to wait, and says what came of it. */
import { type Clock, systemClock } from '../../base/index.ts';
import { AdminFailure } from '../admin/admin-failure.ts';
import { readToken } from '../admin/admin-token.ts';
import type { Output } from '../command.ts';
import { exitCodes } from './outcome.ts';
import { askUntil } from './patience.ts';
import type { ReleasePlan } from './plan.ts';
import { type ReleaseFinding, releaseFindingOf, releaseText } from './release-finding.ts';
import { fetchVerdict, type VerdictQuestion, VerdictRefusal } from './verdict-client.ts';

/** Between two questions; a verdict changes with an epoch, every ten seconds. */
const pauseMs = 2000;

interface Asked {
  readonly finding: ReleaseFinding;
  readonly answer: unknown;
}

/** Returns the exit code. Rejects with an AdminFailure when there was no answer at all. */
export async function askRelease(
  plan: ReleasePlan,
  output: Output,
  clock: Clock = systemClock,
): Promise<number> {
  const { aggregator, release, service, waitMs } = plan;
  const question = { aggregator, token: await readToken(plan.tokenFile), release, service };
  // Asserted, because what the closure does to it is not seen below.
  let last = null as Asked | null;
  const end = await askUntil(
    async () => {
      const asked = await ask(question);
      if (!(asked instanceof Error)) last = asked;
      return asked;
    },
    (asked) =>
      asked instanceof Error ? asked instanceof VerdictRefusal : asked.finding.outcome !== 'inconclusive',
    { waitMs, pauseMs, clock },
  );
  if (!(end instanceof Error)) return tell(end, plan, output);
  if (last === null) throw new AdminFailure(end.message);
  // An aggregator that is away at the end of the wait says nothing against the release.
  output.err(`meshlock: ${end.message}\nmeshlock: this is what it said before:\n`);
  return tell(last, plan, output);
}

async function ask(question: VerdictQuestion): Promise<Asked | AdminFailure | VerdictRefusal> {
  try {
    const answer = await fetchVerdict(question);
    const finding = releaseFindingOf(answer);
    if (finding !== null) return { finding, answer };
    return new AdminFailure(`${question.aggregator} does not answer like a Meshlock aggregator`);
  } catch (error) {
    if (error instanceof AdminFailure || error instanceof VerdictRefusal) return error;
    throw error;
  }
}

function tell({ finding, answer }: Asked, { json }: ReleasePlan, output: Output): number {
  output.out(json ? `${JSON.stringify(answer, null, 2)}\n` : releaseText(finding));
  return exitCodes[finding.outcome];
}
