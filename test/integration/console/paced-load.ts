/** Clients that send at a steady rate over kept connections, so that a proxy under load still leaves cores to a browser. */
import { Agent, request } from 'node:http';

export interface PacedLoadOptions {
  readonly port: number;
  readonly everyMs: number;
  /** Of the n-th request. */
  path(number: number): string;
}

export class PacedLoad {
  readonly #port: number;
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: 8 });
  readonly #timer: NodeJS.Timeout;
  #next = 0;

  constructor(options: PacedLoadOptions) {
    const { port, everyMs, path } = options;
    this.#port = port;
    this.#timer = setInterval(() => this.#send(path(this.#next++), this.#agent), everyMs);
  }

  /** One more, over a connection of its own; nobody waits for its answer. */
  also(path: string): void {
    this.#send(path, false);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#agent.destroy();
  }

  #send(path: string, agent: Agent | false): void {
    const sent = request({ host: '127.0.0.1', port: this.#port, path, agent }, (answer) => answer.resume());
    // The proxy is stopped under it, too.
    sent.on('error', () => {});
    sent.end();
  }
}
