/**
 * Release 1.1.0 of cart begins to lose calls in its nodes, before its applications see them. Callers see failures; the
 * aggregator names the module, and the verdict on the release fails.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReleaseVerdict } from '../../../../health/index.ts';
import { repository } from '../../proxy.ts';
import { suspectsOf, verdictOf } from '../fleet-view.ts';
import { newRelease, newVersion } from '../plan.ts';
import type { Stage } from '../stage.ts';
import type { Sight, Step } from '../telling.ts';
import { alertSteps } from './alert-step.ts';
import type { Ending, Story } from './story.ts';

const badNodes = ['cart-3', 'cart-4'] as const;
const question = { service: 'cart', release: newRelease } as const;
const share = 0.2;
const module: string = join(repository, 'examples', 'mesh', 'fault-filter.ts');
const patienceMs = 60_000;
/** Failures that are no single accident. */
const noticed = 10;

export class ReleaseStory implements Story {
  readonly #stage: Stage;
  #failuresBefore = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  get plot(): string {
    const percent = `${share * 100} %`;
    return `the nodes of cart ${newVersion} (release ${newRelease}: ${badNodes.join(', ')}) lose ${percent} of the calls that they take`;
  }

  async prepare(say: (line: string) => void, signal: AbortSignal): Promise<void> {
    await this.#stage.mesh.announce({ ...question, version: newVersion });
    say('quiet first, until the aggregator has counted an epoch of both versions');
    const deadlineMs = performance.now() + patienceMs;
    while (!signal.aborted) {
      const { canary, baseline } = (await verdictOf(this.#stage.mesh, question)).evidence;
      if (canary.calls > 0 && baseline.calls > 0) return;
      if (performance.now() > deadlineMs)
        throw new Error(`no calls of both versions in ${patienceMs / 1000} s`);
      await delay(300);
    }
  }

  async plant(): Promise<string> {
    this.#failuresBefore = this.#stage.mesh.figures.failures;
    const filter = { name: 'faulty', module, options: { share } };
    await Promise.all(
      badNodes.map(async (name) => this.#stage.mesh.change(name, { filters: JSON.stringify([filter]) })),
    );
    return this.plot;
  }

  steps(): readonly Step[] {
    return [
      {
        organ: 'callers',
        awaited: `${noticed} failed calls`,
        withinMs: 15_000,
        look: async () => this.#notice(),
      },
      {
        organ: 'aggregator',
        awaited: `a module of ${badNodes.join(' or ')} as a suspect`,
        withinMs: 60_000,
        look: () => this.#blame(),
      },
      {
        organ: 'verdict',
        awaited: `fail for release ${newRelease}, with a module to blame`,
        withinMs: 75_000,
        look: () => this.#verdict(),
      },
      ...alertSteps(this.#stage.monitoring, {
        alert: 'MeshlockReleaseFailed',
        where: () => question,
        withinMs: 60_000,
      }),
    ];
  }

  async end(): Promise<Ending> {
    const { mesh } = this.#stage;
    const { aggregator } = mesh;
    const verdict = await verdictOf(mesh, question);
    return {
      facts: factsOf(verdict),
      culprit: verdict.verdict === 'fail' && verdict.suspects.length > 0 ? culpritOf(verdict) : null,
      open: [
        `${aggregator.url}/v1/releases/${newRelease}/verdict?service=cart`,
        `${aggregator.url}/v1/suspects`,
      ],
    };
  }

  stop(): void {}

  #notice(): Sight | null {
    const failed = this.#stage.mesh.figures.failures - this.#failuresBefore;
    return failed < noticed ? null : { at: Date.now(), text: `${failed} of their calls have failed` };
  }

  async #blame(): Promise<Sight | string | null> {
    const suspects = await suspectsOf(this.#stage.mesh);
    const first = suspects.find(({ node, kind }) => isBad(node) && kind !== 'application');
    if (first === undefined) return suspects[0]?.sentence ?? null;
    return { at: Date.now(), text: first.sentence };
  }

  async #verdict(): Promise<Sight | string | null> {
    const verdict = await verdictOf(this.#stage.mesh, question);
    const [reason = ''] = verdict.reasons;
    const blamed = verdict.suspects.some(({ node }) => isBad(node));
    if (verdict.verdict !== 'fail' || !blamed) return `${verdict.verdict}: ${reason}`;
    const { wouldBe, dryRun } = verdict;
    return {
      at: Date.now(),
      text: `fail, ${wouldBe}${dryRun ? ' (a dry run: nobody is told to)' : ''}: ${reason}`,
    };
  }
}

function isBad(node: string): boolean {
  return badNodes.some((name) => name === node);
}

function culpritOf({ release, suspects }: ReleaseVerdict): string {
  const modules = suspects.map(({ node, kind }) => `${kind} of ${node}`).join(' and ');
  return `release ${release.id} (cart ${release.version}), which is to be rolled back; its calls break in ${modules}`;
}

function factsOf({ evidence: { canary, baseline, eValue } }: ReleaseVerdict): readonly string[] {
  return [
    ...[canary, baseline].map(
      ({ version, calls, failures, nodes }) =>
        `cart ${version}: ${failures} of ${calls} calls to ${nodes} nodes failed`,
    ),
    `evidence that the new version is worse: ${eValue.toPrecision(3)} to 1`,
  ];
}
