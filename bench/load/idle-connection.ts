/** One keep-alive connection that is asked now and then. Knows just enough HTTP to see that an answer is complete. */
import type { Socket } from 'node:net';

export class IdleConnection {
  readonly #socket: Socket;
  readonly #request: string;
  #head = '';
  #missingBytes = 0;
  #lost: string | null = null;
  #settle: ((problem: string | null) => void) | null = null;

  constructor(socket: Socket, path: string) {
    this.#socket = socket;
    this.#request = `GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`;
    socket.setTimeout(20_000, () => this.#end('no answer within 20 s'));
    socket.on('data', (piece) => this.#take(piece));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message));
    socket.on('close', () => this.#end('closed by the proxy'));
  }

  /** Resolves when a whole answer with status 200 came. */
  ask(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== null) {
        reject(new Error(this.#lost));
        return;
      }
      this.#settle = (problem) => (problem === null ? resolve() : reject(new Error(problem)));
      this.#socket.setTimeout(20_000);
      this.#socket.write(this.#request);
    });
  }

  #take(piece: Buffer): void {
    if (this.#missingBytes > 0) {
      this.#received(piece.length);
      return;
    }
    this.#head += piece.toString('latin1');
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#head.slice(0, end);
    const bodyReceived = this.#head.length - end - 4;
    this.#head = '';
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (!head.startsWith('HTTP/1.1 200')) this.#end(`answered ${head.split('\r\n')[0]}`);
    else if (length === undefined) this.#end('answered without a content-length');
    else {
      this.#missingBytes = Number(length);
      this.#received(bodyReceived);
    }
  }

  #received(bytes: number): void {
    this.#missingBytes -= bytes;
    if (this.#missingBytes > 0) return;
    this.#socket.setTimeout(0);
    this.#finish(null);
  }

  #end(problem: string): void {
    this.#lost ??= problem;
    this.#socket.destroy();
    this.#finish(problem);
  }

  #finish(problem: string | null): void {
    const settle = this.#settle;
    this.#settle = null;
    settle?.(problem);
  }
}
