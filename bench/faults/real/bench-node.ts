/** A node with its application: two processes, a file, and the pipe between them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { anyPort, untilReady } from '../../../examples/mesh/addresses.ts';
import { type AggregatorAddress, nodeFile } from '../../../examples/mesh/node-file.ts';
import type { Observation } from '../../../examples/mesh/observation.ts';
import { meshlock, Program, type ProgramOptions } from '../../../examples/mesh/program.ts';
import type { CalledOrder } from './called-program.ts';
import type { CallerFigures, CallingOrder } from './calling-program.ts';
import { type Condition, ordinaryCalled, ordinaryCalling } from './condition.ts';
import { Pipe } from './pipe.ts';
import { callers, peerOf } from './topology.ts';

const filterModule = join(import.meta.dirname, 'filter.ts');

export interface BenchNodeOptions {
  readonly name: string;
  readonly folder: string;
  readonly aggregator: AggregatorAddress;
  /** Of the pipes to the nodes that it calls; empty for a called one. */
  readonly upstreams: readonly number[];
  readonly clockAheadMs: number;
}

export class BenchNode {
  readonly name: string;
  /** Between it and its application. */
  readonly pipe: Pipe;
  readonly #options: BenchNodeOptions;
  #ports = { admin: 0, listener: 0, application: 0, pipe: 0 };
  #file = '';
  #node: Program | null = null;
  #application: Program | null = null;
  #figures: CallerFigures = { calls: 0, failures: 0 };

  constructor(options: BenchNodeOptions) {
    this.name = options.name;
    this.#options = options;
    this.pipe = new Pipe(() => (this.#calls ? this.#ports.listener : this.#ports.application));
  }

  get listener(): number {
    return this.#ports.listener;
  }

  /** Of a calling application since its start. */
  get figures(): CallerFigures {
    return this.#figures;
  }

  async start(condition: Condition): Promise<void> {
    const [admin, listener] = [await anyPort(), await anyPort()];
    this.#ports = { admin, listener, application: 0, pipe: await this.pipe.listen() };
    const application = this.#run({
      file: join(import.meta.dirname, `${this.#calls ? 'calling' : 'called'}-program.ts`),
      arguments: [],
    });
    this.#application = application;
    const message = await application.firstMessage();
    if (this.#calls) application.onMessage((figures) => (this.#figures = figures as CallerFigures));
    else this.#ports.application = (message as { readonly port: number }).port;
    await this.#startNode(condition);
    this.#order(condition);
  }

  /** Brings the node and its application to what holds now; nothing is restarted that runs. */
  async change(condition: Condition): Promise<void> {
    const isKilled = condition.killed?.includes(this.name) ?? false;
    if (isKilled) await this.#node?.stop();
    else if (this.#node?.hasEnded !== false) await this.#startNode(condition);
    else await this.#reload(condition);
    this.#order(condition);
  }

  async stop(): Promise<void> {
    await this.#application?.stop();
    await this.#node?.stop();
    await this.pipe.close();
  }

  /** It is the node of a calling application. */
  get #calls(): boolean {
    return callers.includes(this.name);
  }

  async #startNode(condition: Condition): Promise<void> {
    const path = await this.#write(condition);
    const node = this.#run({ file: meshlock, arguments: ['run', '-c', path], preloads: ['leash.ts'] });
    this.#node = node;
    await untilReady(`http://127.0.0.1:${this.#ports.admin}/ready`, node);
  }

  async #reload(condition: Condition): Promise<void> {
    const before = this.#file;
    await this.#write(condition);
    if (this.#file === before) return;
    const answer = await fetch(`http://127.0.0.1:${this.#ports.admin}/reload`, { method: 'POST' });
    const said = await answer.text();
    if (!answer.ok) throw new Error(`${this.name} refused the change: ${said}`);
  }

  async #write(condition: Condition): Promise<string> {
    const { name, folder, aggregator, upstreams } = this.#options;
    const { node, ...peer } = peerOf(name);
    const harm = condition.filters?.[name];
    const plan = {
      ...peer,
      name: node,
      role: this.#calls ? 'outbound' : 'inbound',
      filters: JSON.stringify(
        harm === undefined ? [] : [{ name: 'harm', module: filterModule, options: harm }],
      ),
      reports: condition.silentNodes?.includes(name) !== true,
      // A caller waits longer than those behind it, so that the one who knows speaks first.
      timeout: condition.timeouts?.[name] ?? (this.#calls ? '3s' : '1s'),
    } as const;
    const { admin, listener, pipe } = this.#ports;
    const ports = { admin, listener, upstreams: this.#calls ? upstreams : [pipe] };
    this.#file = nodeFile(plan, ports, aggregator);
    const path = join(folder, `${name}.yaml`);
    await writeFile(path, this.#file);
    return path;
  }

  #order(condition: Condition): void {
    const { name, aggregator } = this.#options;
    const isSilent = condition.silentApplications?.includes(name) === true;
    const observation: Observation | null = isSilent ? null : { node: peerOf(name), report: aggregator };
    if (this.#calls) {
      const order: CallingOrder = {
        ...ordinaryCalling,
        ...condition.calling?.[name],
        observation,
        port: this.#ports.pipe,
      };
      this.#application?.tell({ ...order });
      return;
    }
    const down = condition.down?.includes(name) === true;
    const order: CalledOrder = { ...ordinaryCalled, ...condition.called?.[name], observation, down };
    this.#application?.tell({ ...order });
  }

  #run(program: Pick<ProgramOptions, 'file' | 'arguments' | 'preloads'>): Program {
    const { folder, clockAheadMs } = this.#options;
    return new Program({
      ...program,
      environment: { XDG_STATE_HOME: folder },
      clockAheadMs,
      output: 'ignore',
    });
  }
}
