/** Load on the proxy: innocent requests on a few kept connections, and strikes at their own pace. */
import { Agent, get } from 'node:http';
import { setInterval } from 'node:timers';

/** Innocent requests in a second. */
const innocentRate = 200;
const tickMs = 20;

export class Load {
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: 16 });
  readonly #port: number;
  readonly #timers: NodeJS.Timeout[] = [];
  answered = 0;
  failed = 0;

  constructor(port: number) {
    this.#port = port;
    this.#every('/', innocentRate);
  }

  /** Begins to strike `rate` times a second. */
  strike(rate: number): void {
    this.#every('/strike', rate);
  }

  strikeOnce(): void {
    this.#request('/strike');
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#agent.destroy();
  }

  #every(path: string, rate: number): void {
    let due = 0;
    const timer = setInterval(() => {
      for (due += (rate * tickMs) / 1000; due >= 1; due--) this.#request(path);
    }, tickMs);
    this.#timers.push(timer);
  }

  #request(path: string): void {
    // A stuck thread's requests wait; more than this many would only be more of the same.
    if (Object.values(this.#agent.requests).flat().length > 100) return;
    const request = get({ port: this.#port, host: '127.0.0.1', path, agent: this.#agent }, (answer) => {
      answer.resume().on('end', () => this.answered++);
    });
    request.on('error', () => this.failed++);
  }
}
