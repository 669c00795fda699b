/**
 * Keep-alive clients that send one request after another until they are told to stop, and count what went wrong. Nothing
 * is tried again: a connection that ends under a request is a failure.
 */
import { Agent } from 'node:http';
import { type Answer, call, type CallOptions } from './call.ts';

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  /** Of the n-th request, from 0. */
  readonly request: (number: number) => CallOptions & { readonly path: string };
  /** `null`, or what is wrong with the answer to the n-th request. */
  readonly judge: (answer: Answer, number: number) => string | null;
}

export class KeepAliveLoad {
  readonly failures: string[] = [];
  answered = 0;
  readonly #options: LoadOptions;
  readonly #agents: Agent[];
  readonly #running: Promise<unknown>;
  #next = 0;
  #stopping = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#agents = Array.from(
      { length: options.connections },
      () => new Agent({ keepAlive: true, maxSockets: 1 }),
    );
    this.#running = Promise.all(this.#agents.map((agent) => this.#run(agent)));
  }

  /** Lets what is under way finish, then closes the connections. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    for (const agent of this.#agents) agent.destroy();
  }

  async #run(agent: Agent): Promise<void> {
    while (!this.#stopping) await this.#once(agent, this.#next++);
  }

  async #once(agent: Agent, number: number): Promise<void> {
    const { port, request, judge } = this.#options;
    const { path, ...options } = request(number);
    try {
      const wrong = judge(await call(port, path, { ...options, agent }), number);
      if (wrong !== null) this.failures.push(`request ${number} (${path}): ${wrong}`);
    } catch (error) {
      this.failures.push(`request ${number} (${path}): ${error instanceof Error ? error.message : 'failed'}`);
    }
    this.answered++;
  }
}
