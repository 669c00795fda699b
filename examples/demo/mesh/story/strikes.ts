/** Requests that make a planted culprit do its damage, sent through the caller's node as any other request. */
import { Agent, get } from 'node:http';

const tickMs = 20;
/** More than this are not waited for at once. */
const maxOpen = 100;

export class Strikes {
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: 16 });
  #timer: NodeJS.Timeout | null = null;
  #open = 0;

  /** `rate` times a second, until `stop`. */
  start(port: number, rate: number): void {
    let due = 0;
    this.#timer ??= setInterval(() => {
      for (due += (rate * tickMs) / 1000; due >= 1; due--) this.#strike(port);
    }, tickMs);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#agent.destroy();
  }

  #strike(port: number): void {
    if (this.#open >= maxOpen) return;
    this.#open++;
    const request = get({ host: '127.0.0.1', port, path: '/strike', agent: this.#agent }, (answer) => {
      answer.resume();
    });
    // What a broken node does to them is its story; `close` follows.
    request.on('error', () => undefined);
    request.on('close', () => this.#open--);
  }
}
