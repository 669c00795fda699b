/**
 * One case in a mesh that runs: forget the case before, look at healthy windows, plant, wait for the answer, heal.
 * The fault sets in at any moment of an epoch, as faults do.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { epochMs, epochOf } from '../../../health/observe/viewpoint.ts';
import type { ReleaseVerdict } from '../../../health/verdict/verdict.ts';
import { AggregatorView } from './aggregator-view.ts';
import type { BenchMesh } from './bench-mesh.ts';
import { type Case, truthOf } from './case.ts';
import { both } from './condition.ts';
import { judge } from './score.ts';
import type { Reading, Trial } from './trial.ts';

const pollMs = 300;
/** Reports of an epoch have come so long after its end, also from clocks that are a second behind. */
const reportsMs = 3500;
/** An epoch is judged every ten seconds; without one for so long something is broken. */
const silenceMs = 45_000;

export interface RunCase {
  readonly mesh: BenchMesh;
  readonly round: number;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** The mesh is healthy before and afterwards. Rejects when the aggregator says nothing any more, or on abort. */
export async function runCase(one: Case, { mesh, round, random, signal }: RunCase): Promise<Trial> {
  const watch = new Watch(new AggregatorView(() => mesh.aggregator), signal);
  const truth = truthOf(one);
  await mesh.change(one.before);
  await untilForgotten(signal);
  await mesh.restartAggregator();
  await watch.begin();
  let figures = mesh.figures;
  const startedAt = Date.now();
  const healthy: Reading[] = [];
  let [verdict, verdictAt] = [await watch.verdict(), 0];
  const learn = async (): Promise<void> => {
    if (verdict.verdict === 'inconclusive') {
      verdict = await watch.verdict();
      verdictAt = Date.now();
    }
  };
  while (healthy.length < one.healthyWindows) {
    healthy.push(await watch.next());
    await learn();
  }
  let plantedAt: number | null = null;
  const watched: Reading[] = [];
  if (one.planted !== null) {
    await delay(random() * epochMs, undefined, { signal });
    figures = mesh.figures;
    plantedAt = Date.now();
    await mesh.change(both(one.before, one.planted.condition));
    const isBehind = ({ epoch }: Reading): boolean => (epoch + 1) * epochMs > (plantedAt ?? 0);
    // One window more than it takes: an answer that does not stay is none.
    for (let more = 1; more >= 0 && watched.length < one.patience; ) {
      const reading = await watch.next();
      if (!isBehind(reading)) {
        healthy.push(reading);
        continue;
      }
      watched.push(reading);
      await learn();
      const isHeard = truth.answer.length > 0 && judge(reading.suspects, truth).right;
      if (more === 0 || (isHeard && !isOwed(one, verdict))) more--;
    }
  }
  const last = mesh.figures;
  await mesh.change({});
  const { verdict: word, wouldBe, reasons, evidence } = verdict;
  return {
    name: one.name,
    round,
    healthy,
    plantedAt,
    watched,
    verdict: { verdict: word, wouldBe, reasons, evidence },
    verdictSeconds: word === 'inconclusive' ? null : (verdictAt - (plantedAt ?? startedAt)) / 1000,
    calls: last.calls - figures.calls,
    failures: last.failures - figures.failures,
  };
}

function isOwed({ release }: Case, { verdict }: ReleaseVerdict): boolean {
  return release.isAwaited && verdict === 'inconclusive';
}

/** The epoch under way is over and told: what comes later is without the case before. */
async function untilForgotten(signal: AbortSignal): Promise<void> {
  const end = (epochOf(Date.now()) + 1) * epochMs + reportsMs;
  await delay(end - Date.now(), undefined, { signal });
}

/** Hears every window once. */
class Watch {
  readonly #view: AggregatorView;
  readonly #signal: AbortSignal;
  #epoch = 0;

  constructor(view: AggregatorView, signal: AbortSignal) {
    this.#view = view;
    this.#signal = signal;
  }

  /** Windows from now on; what was told to the aggregator before is not one. */
  async begin(): Promise<void> {
    this.#epoch = Math.max(await this.#view.judgedEpoch(), epochOf(Date.now()) - 1);
  }

  async next(): Promise<Reading> {
    const deadline = performance.now() + silenceMs;
    while (performance.now() < deadline) {
      await delay(pollMs, undefined, { signal: this.#signal });
      const reading = await this.#view.newer(this.#epoch);
      if (reading === null) continue;
      this.#epoch = reading.epoch;
      return reading;
    }
    throw new Error(`the aggregator has judged nothing for ${silenceMs / 1000} s`);
  }

  verdict(): Promise<ReleaseVerdict> {
    return this.#view.verdict();
  }
}
