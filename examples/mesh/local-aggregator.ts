/** The aggregator of a local mesh: a process, a file and a journal, at one address for as long as the mesh lives. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { anyPort, untilReady } from './addresses.ts';
import { type AggregatorAddress, aggregatorFile } from './node-file.ts';
import type { MeshPlan } from './plan.ts';
import { meshlock, Program } from './program.ts';

const token = 'local-mesh';

export interface LocalAggregatorOptions {
  /** Where its file and its journal are; the caller's own. */
  readonly folder: string;
  readonly port?: number | undefined;
  /** Further keys of its file, YAML. */
  readonly settings: string;
  readonly output: MeshPlan['output'];
}

export class LocalAggregator {
  readonly #options: LocalAggregatorOptions;
  #port = 0;
  #program: Program | null = null;
  /** It may be stopped while it starts; then nothing further may begin to run. */
  #isOver = false;

  constructor(options: LocalAggregatorOptions) {
    this.#options = options;
  }

  get address(): AggregatorAddress {
    return { url: `http://127.0.0.1:${this.#port}`, token };
  }

  get log(): string {
    return this.#program?.log ?? '';
  }

  /** Answers when it is ready. Rejects when it is not, with its log. */
  async start(): Promise<void> {
    const { folder, port, settings, output } = this.#options;
    this.#port ||= port ?? (await anyPort());
    const file = join(folder, 'aggregator.yaml');
    await writeFile(file, aggregatorFile({ port: this.#port, token, journal: this.#journal }, settings));
    if (this.#isOver) throw new Error('the aggregator was stopped while it started');
    const program = new Program({
      file: meshlock,
      arguments: ['aggregate', '-c', file],
      preloads: ['leash.ts'],
      output,
    });
    this.#program = program;
    await untilReady(`${this.address.url}/readyz`, program);
  }

  /** A new one at the same address, which knows nothing. */
  async startAfresh(): Promise<void> {
    await this.#program?.stop();
    await rm(this.#journal, { recursive: true, force: true });
    await this.start();
  }

  /** For good. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#program?.stop();
  }

  get #journal(): string {
    return join(this.#options.folder, 'journal');
  }
}
