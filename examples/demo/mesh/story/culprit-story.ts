/**
 * A culprit in a filter of node cart-1: `cpu` burns the CPU, `leak` leaks memory. The node's holmes sees a reading jump, takes
 * a capture and names the line.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CaptureRecord } from '../../../../holmes/index.ts';
import type { Culprit, CulpritOptions } from '../../../culprits/culprit.ts';
import { type CulpritName, culprits } from '../../../culprits/table.ts';
import type { LocalNode } from '../../../mesh/local-node.ts';
import { repository } from '../../proxy.ts';
import { suspectsOf } from '../fleet-view.ts';
import { capturesOf, decisionsOf, ringOf } from '../node-view.ts';
import type { Stage } from '../stage.ts';
import type { Sight, Step } from '../telling.ts';
import { alertSteps } from './alert-step.ts';
import type { Ending, Story } from './story.ts';
import { Strikes } from './strikes.ts';

interface Scene {
  readonly culprit: CulpritName;
  readonly options: CulpritOptions;
  /** Requests a second that set it off, through the caller's node; cart-1 gets half of them. */
  readonly rate: number;
  /** What each of them does to cart-1. */
  readonly harm: string;
  /** Reading of holmes that it drives. */
  readonly reading: 'cpu' | 'heap';
  /** What is left alone once told, so that the thread does not die of it. */
  readonly endsWithStory: boolean;
}

export const cpuScene: Scene = {
  culprit: 'regular-expression',
  options: { blockMs: 20 },
  rate: 60,
  harm: 'holds the thread for 20 ms',
  reading: 'cpu',
  endsWithStory: false,
};

export const leakScene: Scene = {
  culprit: 'growing-map',
  options: { leakBytes: 128 * 1024 },
  rate: 40,
  harm: 'leaves 128 KiB behind',
  reading: 'heap',
  endsWithStory: true,
};

const guiltyNode = 'cart-1';
const innocentNode = 'cart-2';
const subject = 'data-1';
const module: string = join(repository, 'examples', 'culprits', 'filter.ts');
/** Readings that make an average. */
const fullRing = 10;
const quietMs = 8000;
const quietPatienceMs = 60_000;
const drawn = ['cpuprofile', 'heapprofile', 'pb.gz'] as const;

export class CulpritStory implements Story {
  readonly #stage: Stage;
  readonly #scene: Scene;
  readonly #culprit: Culprit;
  readonly #strikes: Strikes = new Strikes();
  #before: ReadonlySet<string> = new Set();
  #failuresBefore = 0;
  #named: CaptureRecord | null = null;

  constructor(stage: Stage, scene: Scene) {
    this.#stage = stage;
    this.#scene = scene;
    this.#culprit = culprits[scene.culprit](scene.options);
  }

  get plot(): string {
    const { rate, harm } = this.#scene;
    return `node ${guiltyNode} gets a filter that ${this.#culprit.summary}; about ${rate / 2} requests a second reach it, each ${harm}`;
  }

  async prepare(say: (line: string) => void, signal: AbortSignal): Promise<void> {
    say(`quiet first, until holmes in ${guiltyNode} has the ${fullRing} readings of an average`);
    const beganMs = performance.now();
    while (!signal.aborted) {
      const ring = await ringOf(this.#guilty, subject).catch(() => null);
      const waitedMs = performance.now() - beganMs;
      if ((ring?.times.length ?? 0) >= fullRing && waitedMs >= quietMs) break;
      if (waitedMs > quietPatienceMs)
        throw new Error(`holmes in ${guiltyNode} has no ${fullRing} readings after 60 s`);
      await delay(200);
    }
    this.#before = new Set((await capturesOf(this.#guilty)).map(({ id }) => id));
  }

  async plant(): Promise<string> {
    const { culprit, options, rate } = this.#scene;
    const filter = { name: 'culprit', module, options: { culprit, ...options } };
    this.#failuresBefore = this.#stage.mesh.figures.failures;
    await this.#stage.mesh.change(guiltyNode, { filters: JSON.stringify([filter]) });
    this.#strikes.start(this.#stage.mesh.node('web-1').listener, rate);
    return this.plot;
  }

  steps(faultAt: number): readonly Step[] {
    return [
      { organ: 'holmes', awaited: 'a reading that jumps', withinMs: 20_000, look: () => this.#jump(faultAt) },
      {
        organ: 'capture',
        awaited: `a capture that names ${this.#culprit.guilty}`,
        withinMs: 40_000,
        look: () => this.#capture(),
      },
      {
        organ: 'flame graph',
        awaited: 'a profile to draw',
        withinMs: 45_000,
        look: () => this.#profile(),
      },
      ...alertSteps(this.#stage.monitoring, {
        alert: 'MeshlockCaptureTaken',
        where: () => (this.#named === null ? null : { capture: this.#named.id }),
        withinMs: 60_000,
      }),
    ];
  }

  async end(): Promise<Ending> {
    if (this.#scene.endsWithStory) this.#strikes.stop();
    const { mesh } = this.#stage;
    const { reading } = this.#scene;
    const [guilty, innocent] = await Promise.all(
      [this.#guilty, mesh.node(innocentNode)].map(async (node) => lastOf(node, reading)),
    );
    const failed = mesh.figures.failures - this.#failuresBefore;
    const blamed = await suspectsOf(mesh);
    const named = this.#named;
    return {
      facts: [
        `${reading} of ${guiltyNode}: ${guilty}; of ${innocentNode}, which gets as many requests: ${innocent}`,
        `calls that failed since: ${failed}; suspects of the aggregator: ${blamed.length === 0 ? 'none, as slow is not failed' : blamed.map(({ sentence }) => sentence).join('; ')}`,
        ...(this.#scene.endsWithStory ? ['the requests that leak end here: what has leaked stays'] : []),
      ],
      culprit: named === null ? null : `${guiltyNode}: ${named.diagnosis.sentence}`,
      open:
        named === null
          ? [`${this.#guilty.admin}/console#captures`]
          : [this.#flameGraph(named), this.#recordOf(named)],
    };
  }

  stop(): void {
    this.#strikes.stop();
  }

  get #guilty(): LocalNode {
    return this.#stage.mesh.node(guiltyNode);
  }

  async #jump(faultAt: number): Promise<Sight | null> {
    const jumps = (await decisionsOf(this.#guilty)).filter(
      ({ at, verdict }) => at >= faultAt && verdict === 'capture',
    );
    const first = jumps.at(-1);
    return first === undefined
      ? null
      : { at: first.at, text: `${guiltyNode}, ${first.subject}: ${first.reason}` };
  }

  async #capture(): Promise<Sight | string | null> {
    const fresh = (await capturesOf(this.#guilty)).filter(({ id }) => !this.#before.has(id));
    const named = fresh.find((record) => this.#isNaming(record));
    if (named === undefined) return fresh[0]?.diagnosis.sentence ?? null;
    this.#named = named;
    return {
      at: named.at + named.tookMs,
      text: `${named.id} (rule ${named.rule}): ${named.diagnosis.sentence}`,
    };
  }

  #isNaming({ diagnosis }: CaptureRecord): boolean {
    const place = diagnosis.suspects[0]?.place;
    const { guilty, file } = this.#culprit;
    return (
      diagnosis.certainty === 'named' &&
      place !== undefined &&
      place.functionName.endsWith(guilty) &&
      place.file.endsWith(file)
    );
  }

  async #profile(): Promise<Sight | null> {
    const named = this.#named;
    if (named === null) return null;
    const answer = await fetch(this.#fileOf(named));
    const { byteLength } = await answer.arrayBuffer();
    if (!answer.ok || byteLength === 0) return null;
    return { at: Date.now(), text: `${byteLength} bytes to draw: ${this.#flameGraph(named)}` };
  }

  #fileOf({ id, files }: CaptureRecord): string {
    const format = drawn.find((each) => files.some((file) => file.format === each)) ?? 'json';
    return `${this.#guilty.admin}/captures/${id}.${format}`;
  }

  #flameGraph(record: CaptureRecord): string {
    const file = new URL(this.#fileOf(record));
    return `${file.origin}/speedscope/index.html#profileURL=${file.pathname}`;
  }

  #recordOf({ id }: CaptureRecord): string {
    return `${this.#guilty.admin}/captures/${id}`;
  }
}

/** `34 %`, as holmes read it last. */
async function lastOf(node: LocalNode, reading: 'cpu' | 'heap'): Promise<string> {
  const ring = await ringOf(node, subject).catch(() => null);
  const last = ring?.values[reading]?.at(-1);
  return last === undefined || last === null ? 'not known' : `${(last * 100).toFixed(0)} %`;
}
