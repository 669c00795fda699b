/**
 * Everything that the proof looks at, started together and ended together: the mesh and the gateway with their faults, a
 * Prometheus that scrapes them with the rules of `alerts/`, an Alertmanager, and the receiver behind it.
 */
import { get } from 'node:http';
import { LocalMesh } from '../../examples/mesh/local-mesh.ts';
import { closedPort } from '../integration/harness/index.ts';
import {
  type PromqlEngine,
  type ScrapeTarget,
  startPrometheus,
} from '../integration/health/promql-engine.ts';
import { type AlertReceiver, startAlertReceiver } from './alert-receiver.ts';
import { type Alertmanager, startAlertmanager } from './alertmanager.ts';
import type { Span } from './engine-questions.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { reportPast } from './past-reports.ts';
import { nodesBefore, plantedMesh, refusingNode, stuckNode, unsavingNode } from './planted-mesh.ts';
import { alertmanagerConfiguration, ruleFiles } from './user-files.ts';

const logCharacters = 1500;

export class ProofScene {
  readonly #startedAt: number = Date.now() / 1000;
  readonly #names = new Map<string, string>();
  #mesh: LocalMesh | null = null;
  #gateway: Gateway | null = null;
  #receiver: AlertReceiver | null = null;
  #alertmanager: Alertmanager | null = null;
  #prometheus: PromqlEngine | null = null;

  /** Answers when all of it runs. Rejects when a part does not; then call `stop`. */
  async start(): Promise<void> {
    const receiver = (this.#receiver = await startAlertReceiver());
    const prometheus = await closedPort();
    this.#mesh = new LocalMesh(plantedMesh(`http://127.0.0.1:${prometheus}`));
    await this.#mesh.start();
    await reportPast(this.#mesh.aggregator, nodesBefore);
    const gateway = (this.#gateway = await startGateway());
    const alertmanager = (this.#alertmanager = await startAlertmanager(
      alertmanagerConfiguration(receiver.url),
    ));
    this.#prometheus = await startPrometheus({
      port: prometheus,
      targets: this.#targets(gateway, await closedPort()),
      ruleFiles: ruleFiles(),
      alertmanager: alertmanager.address,
    });
  }

  get mesh(): LocalMesh {
    if (this.#mesh === null) throw new Error('the mesh was not started');
    return this.#mesh;
  }

  get prometheus(): string {
    return this.#prometheus?.url ?? '';
  }

  /** What has reached the receiver. */
  get delivered(): AlertReceiver['alerts'] {
    return this.#receiver?.alerts ?? [];
  }

  /** Of the node, the gateway or the aggregator that is scraped at this address. */
  nameOf(instance: string): string {
    return this.#names.get(instance) ?? instance;
  }

  /** From the start until now. */
  get span(): Span {
    return { from: Math.floor(this.#startedAt), to: Math.ceil(Date.now() / 1000) };
  }

  /** What can only be broken while everything runs. */
  async breakThings(): Promise<void> {
    this.#gateway?.loseUpstream();
    const refusal = await this.mesh.change(refusingNode, { settings: 'data_threads: many\n' }).then(
      () => null,
      (error: unknown) => String(error),
    );
    if (refusal === null) throw new Error(`${refusingNode} took a configuration that makes no sense`);
    await this.#post(unsavingNode, '/captures?subject=data-1&kind=stack');
    // It goes on serving, but says that it should not get any traffic.
    await this.#post(refusingNode, '/gate/override?to=closed&for=10s&reason=proof');
  }

  /** Lets the culprit do its damage once; the answer comes when it is done, and nobody waits for it. */
  strike(): void {
    const port = this.mesh.node(stuckNode).listener;
    get({ host: '127.0.0.1', port, path: '/strike', agent: false }, (answer) => answer.resume()).on(
      'error',
      () => undefined,
    );
  }

  /** The last words of everybody, for who has to find out why the proof failed. */
  logs(): string {
    const said = [
      ['Prometheus', this.#prometheus?.said()],
      ['Alertmanager', this.#alertmanager?.said()],
      ['gateway', this.#gateway?.log()],
      ['aggregator', this.#mesh?.aggregatorLog],
      ...(this.#mesh?.nodes ?? []).map((node) => [node.plan.name, node.log()] as const),
    ] as const;
    return said
      .map(([name, text = 'not started']) => `--- ${name}\n${text.slice(-logCharacters)}`)
      .join('\n');
  }

  async stop(): Promise<void> {
    await Promise.all([
      this.#prometheus?.stop(),
      this.#alertmanager?.stop(),
      this.#gateway?.stop(),
      this.#mesh?.stop(),
    ]);
    await this.#receiver?.stop();
  }

  async #post(node: string, path: string): Promise<void> {
    const answer = await fetch(this.mesh.node(node).admin + path, { method: 'POST' });
    if (!answer.ok) throw new Error(`${node}: ${path}: ${answer.status} ${await answer.text()}`);
  }

  #targets(gateway: Gateway, nobody: number): readonly ScrapeTarget[] {
    const { url, token } = this.mesh.aggregator;
    const nodes = this.mesh.nodes.map(({ plan, admin }) => ({
      name: plan.name,
      address: new URL(admin).host,
    }));
    const targets = [
      ...nodes,
      { name: 'gateway-1', address: `127.0.0.1:${gateway.adminPort}` },
      // A node that is not there yet.
      { name: 'gateway-2', address: `127.0.0.1:${nobody}` },
      { name: 'aggregator', address: new URL(url).host, job: 'aggregator', token },
    ];
    return targets.map(({ name, address, ...rest }) => {
      this.#names.set(address, name);
      // The instance is the address, as it is for who sets nothing: links in panels and texts go there.
      return { address, path: '/metrics', instance: address, ...rest };
    });
  }
}
