/** A node of a local mesh with its application: two processes and a file. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { anyPort, untilReady } from './addresses.ts';
import type { CallerFigures } from './caller.ts';
import { type AggregatorAddress, nodeFile } from './node-file.ts';
import { observationVariable } from './observation.ts';
import type { MeshPlan, NodeChange, NodePlan } from './plan.ts';
import { meshlock, Program, type ProgramOptions } from './program.ts';

export interface LocalNodeOptions {
  readonly plan: NodePlan;
  readonly folder: string;
  readonly aggregator: AggregatorAddress;
  /** Of the inbound nodes that it calls, by name. */
  readonly ports: ReadonlyMap<string, number>;
  readonly rate: number;
  readonly output: MeshPlan['output'];
}

export class LocalNode {
  readonly #options: LocalNodeOptions;
  #plan: NodePlan;
  #adminPort = 0;
  #listener = 0;
  #applicationPort = 0;
  #node: Program | null = null;
  #application: Program | null = null;
  #figures: CallerFigures = { calls: 0, failures: 0 };
  /** It may be stopped while it starts; then nothing further may begin to run. */
  #isOver = false;

  constructor(options: LocalNodeOptions) {
    this.#options = options;
    this.#plan = options.plan;
  }

  get plan(): NodePlan {
    return this.#plan;
  }

  /** Address of its admin API. */
  get admin(): string {
    return `http://127.0.0.1:${this.#adminPort}`;
  }

  get listener(): number {
    return this.#listener;
  }

  /** Of an inbound node: where its application answers without it. */
  get applicationPort(): number {
    return this.#applicationPort;
  }

  get pid(): number {
    return this.#node?.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#node?.hasEnded ?? false;
  }

  get applicationHasEnded(): boolean {
    return this.#application?.hasEnded ?? false;
  }

  /** What its calling application has counted; zeros of a called one. */
  get figures(): CallerFigures {
    return this.#figures;
  }

  /** The last of what the node and its application said. */
  log(): string {
    return `${this.#node?.log ?? ''}${this.#application?.log ?? ''}`;
  }

  async start(): Promise<void> {
    const { plan } = this;
    this.#adminPort = plan.adminPort ?? (await anyPort());
    this.#listener = await anyPort();
    if (plan.role === 'inbound') await this.#startApplication('application.ts');
    await this.#startNode();
    if (plan.role === 'outbound') {
      await this.#startApplication('caller.ts');
      this.#application?.tell({ port: this.#listener, rate: this.#options.rate });
    }
    this.#application?.tell({ ...plan.application });
  }

  /** Rewrites and reloads the node's file, tells the application. Rejects with what the node says of a file that it refuses. */
  async change(change: NodeChange): Promise<void> {
    const { application, ...ofFile } = change;
    this.#plan = { ...this.#plan, ...change };
    if (application !== undefined) this.#application?.tell({ ...application });
    if (Object.keys(ofFile).length === 0) return;
    await this.#writeFile();
    const answer = await fetch(`${this.admin}/reload`, { method: 'POST' });
    const said = await answer.text();
    if (!answer.ok) throw new Error(`${this.plan.name} refused the change: ${said}`);
  }

  /** Starts the node's process again, after an end or as a new version would. Its application goes on. */
  async restart(): Promise<void> {
    await this.#node?.stop();
    await this.#startNode();
  }

  kill(signal: NodeJS.Signals): void {
    this.#node?.kill(signal);
  }

  /** Also while it starts: `start` rejects then. */
  async stop(): Promise<void> {
    this.#isOver = true;
    // The caller goes first, so that nobody sees the other's end.
    await this.#application?.stop();
    await this.#node?.stop();
  }

  async #startNode(): Promise<void> {
    const file = await this.#writeFile();
    const node = this.#run({
      file: meshlock,
      arguments: ['run', '-c', file],
      environment: { XDG_STATE_HOME: this.#options.folder },
      preloads: ['leash.ts'],
    });
    this.#node = node;
    await untilReady(`${this.admin}/ready`, node);
  }

  async #startApplication(file: string): Promise<void> {
    const { plan } = this;
    const { aggregator } = this.#options;
    const { name: node, service, version, release } = plan;
    const observation = { node: { node, service, version, release }, report: aggregator };
    const application = this.#run({
      file: join(import.meta.dirname, file),
      arguments: [],
      environment: {
        [observationVariable]: plan.application.observed ? JSON.stringify(observation) : '',
      },
    });
    this.#application = application;
    const message = await application.firstMessage();
    if (plan.role === 'inbound') this.#applicationPort = (message as { readonly port: number }).port;
    else
      application.onMessage((figures) => {
        this.#figures = figures as CallerFigures;
      });
  }

  #run(program: Omit<ProgramOptions, 'clockAheadMs' | 'output'>): Program {
    if (this.#isOver) throw new Error(`${this.plan.name} was stopped while it started`);
    const { clockAheadMs = 0 } = this.plan;
    return new Program({ ...program, clockAheadMs, output: this.#options.output });
  }

  async #writeFile(): Promise<string> {
    const { folder, aggregator, ports } = this.#options;
    const { plan } = this;
    const upstreams =
      plan.role === 'inbound'
        ? [this.#applicationPort]
        : (plan.to ?? []).map((name) => this.#portOf(name, ports));
    const file = join(folder, `${plan.name}.yaml`);
    const own = { admin: this.#adminPort, listener: this.#listener, upstreams };
    await writeFile(file, nodeFile(plan, own, aggregator));
    return file;
  }

  #portOf(name: string, ports: ReadonlyMap<string, number>): number {
    const port = ports.get(name);
    if (port === undefined)
      throw new Error(`${this.plan.name} calls ${name}, which is no inbound node of this mesh`);
    return port;
  }
}
