/** The DevTools protocol over the browser's pipe: messages of JSON, each ended by a zero byte. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly sessionId?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface Waiting {
  readonly method: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export type Listener = (method: string, params: unknown) => void;

export class DevTools {
  readonly #input: Writable;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, Listener>();
  #text = '';
  #nextId = 1;

  /** Of a browser started with `--remote-debugging-pipe`, which are its descriptors 3 and 4. */
  constructor(browser: ChildProcess) {
    this.#input = browser.stdio[3] as Writable;
    const output = browser.stdio[4] as Readable;
    output.setEncoding('utf8');
    output.on('data', (piece: string) => this.#take(piece));
    this.#input.on('error', () => {});
    void once(browser, 'exit').then(
      () => this.#fail('the browser has ended'),
      (error: unknown) => this.#fail(`the browser cannot be started: ${String(error)}`),
    );
  }

  /** Rejects with what the browser says. */
  send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    const id = this.#nextId++;
    this.#input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { method, resolve: resolve as (result: unknown) => void, reject });
    });
  }

  /** Events of one session; one listener each. */
  listen(sessionId: string, listener: Listener): void {
    this.#listeners.set(sessionId, listener);
  }

  #take(piece: string): void {
    const messages = (this.#text + piece).split('\0');
    this.#text = messages.pop()!;
    for (const message of messages) this.#dispatch(JSON.parse(message) as Message);
  }

  #dispatch({ id, method, params, sessionId, result, error }: Message): void {
    if (id === undefined) {
      this.#listeners.get(sessionId ?? '')?.(method ?? '', params);
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(`${waiting.method}: ${error.message}`));
  }

  #fail(reason: string): void {
    for (const { method, reject } of this.#waiting.values()) reject(new Error(`${method}: ${reason}`));
    this.#waiting.clear();
  }
}
