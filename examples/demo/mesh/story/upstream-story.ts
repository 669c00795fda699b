/**
 * The application behind node cart-1 begins to fail every call. Its own node finds it by active checks, the caller's node by
 * the answers, and ejects it; the callers go on with cart-2.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalNode } from '../../../mesh/local-node.ts';
import { wellApplication } from '../../../mesh/plan.ts';
import { suspectsOf } from '../fleet-view.ts';
import { componentsOf, endpointsOf } from '../node-view.ts';
import type { Stage } from '../stage.ts';
import type { Sight, Step } from '../telling.ts';
import type { Ending, Story } from './story.ts';

const brokenNode = 'cart-1';
const callingNode = 'web-1';
const callsBefore = 200;
const patienceMs = 30_000;
/** Without a failure, behind the ejection. */
const calmMs = 5000;

export class UpstreamStory implements Story {
  readonly #stage: Stage;
  #atFault = { calls: 0, failures: 0, pages: 0 };
  #ejectedAt = 0;
  #atEjection = { calls: 0, failures: 0 };
  #suspect: string | null = null;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  get plot(): string {
    const port = this.#broken.applicationPort;
    return `the application behind node ${brokenNode} (127.0.0.1:${port}) answers every call with 500 from now on`;
  }

  async prepare(say: (line: string) => void, signal: AbortSignal): Promise<void> {
    say(`quiet first: ${callsBefore} calls that go well`);
    const deadlineMs = performance.now() + patienceMs;
    while (!signal.aborted && this.#stage.mesh.figures.calls < callsBefore) {
      if (performance.now() > deadlineMs)
        throw new Error(`no ${callsBefore} calls in ${patienceMs / 1000} s`);
      await delay(100);
    }
  }

  async plant(): Promise<string> {
    const { mesh, monitoring } = this.#stage;
    this.#atFault = { ...mesh.figures, pages: monitoring.pages.length };
    await mesh.change(brokenNode, { application: { ...wellApplication, failing: 1 } });
    return this.plot;
  }

  steps(): readonly Step[] {
    return [
      {
        organ: callingNode,
        awaited: `outlier detection ejects ${brokenNode}`,
        withinMs: 15_000,
        look: () => this.#ejection(),
      },
      {
        organ: brokenNode,
        awaited: 'active checks find the application unhealthy',
        withinMs: 20_000,
        look: () => this.#failedCheck(),
      },
      ...[callingNode, brokenNode].map((name) => ({
        organ: name,
        awaited: 'the component clusters is degraded',
        withinMs: 20_000,
        look: () => degraded(this.#stage.mesh.node(name)),
      })),
      {
        organ: 'callers',
        awaited: `${calmMs / 1000} s without a failed call`,
        withinMs: 30_000,
        look: async () => this.#calm(),
      },
      {
        organ: 'aggregator',
        awaited: `the application of ${brokenNode} as a suspect`,
        withinMs: 60_000,
        look: () => this.#blame(),
      },
    ];
  }

  async end(): Promise<Ending> {
    const { mesh, monitoring } = this.#stage;
    const { calls, failures } = mesh.figures;
    const paged = monitoring.pages.slice(this.#atFault.pages).map(({ labels }) => labels['alertname'] ?? '');
    const pages =
      paged.length === 0
        ? 'nobody was paged: one endpoint of two is out, and for that nobody has to get up'
        : `paged: ${[...new Set(paged)].join(', ')}`;
    return {
      facts: [
        `calls since the fault: ${calls - this.#atFault.calls}, failed: ${failures - this.#atFault.failures}`,
        ...(monitoring.alertmanager === '' ? [] : [pages]),
      ],
      culprit: this.#suspect,
      open: [`${this.#stage.mesh.node(callingNode).admin}/clusters`, `${this.#broken.admin}/readyz/clusters`],
    };
  }

  stop(): void {}

  get #broken(): LocalNode {
    return this.#stage.mesh.node(brokenNode);
  }

  async #ejection(): Promise<Sight | null> {
    const endpoints = await endpointsOf(this.#stage.mesh.node(callingNode));
    const out = endpoints.find(({ port, ejected }) => ejected && port === this.#broken.listener);
    if (out === undefined) return null;
    this.#ejectedAt = Date.now();
    this.#atEjection = this.#stage.mesh.figures;
    const failed = this.#atEjection.failures - this.#atFault.failures;
    return {
      at: this.#ejectedAt,
      text: `ejects ${brokenNode} (127.0.0.1:${out.port}) after 5 answers 5xx in a row; callers have seen ${failed} failures`,
    };
  }

  async #failedCheck(): Promise<Sight | null> {
    const [own] = await endpointsOf(this.#broken);
    if (own?.checkedDown !== true) return null;
    return { at: Date.now(), text: `active checks of its application, 127.0.0.1:${own.port}, fail` };
  }

  #calm(): Sight | string | null {
    if (this.#ejectedAt === 0) return 'nothing was ejected';
    const { calls, failures } = this.#stage.mesh.figures;
    const failed = failures - this.#atEjection.failures;
    if (Date.now() - this.#ejectedAt < calmMs) return null;
    const answered = calls - this.#atEjection.calls;
    if (failed > 0) {
      // Those that were under way; then from here.
      this.#ejectedAt = Date.now();
      this.#atEjection = { calls, failures };
      return `${failed} of ${answered} calls failed behind the ejection`;
    }
    return { at: Date.now(), text: `${answered} calls since the ejection, none failed` };
  }

  async #blame(): Promise<Sight | string | null> {
    const suspects = await suspectsOf(this.#stage.mesh);
    const meant = suspects.find(({ node, kind }) => node === brokenNode && kind === 'application');
    if (meant === undefined) return suspects[0]?.sentence ?? null;
    this.#suspect = meant.sentence;
    return { at: Date.now(), text: meant.sentence };
  }
}

async function degraded(node: LocalNode): Promise<Sight | null> {
  const clusters = (await componentsOf(node)).find(({ name }) => name === 'clusters');
  if (clusters === undefined || clusters.status === 'healthy') return null;
  return { at: Date.now(), text: `component clusters is ${clusters.status}: ${clusters.detail}` };
}
