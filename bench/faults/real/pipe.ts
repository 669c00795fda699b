/**
 * Stands between two processes and carries their bytes; when told to, it harms a share of the calls, and neither end
 * knows who it was. Messages of the bench are small, so a head begins with a piece of its own; one that does not is
 * carried as it is.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Chance } from './chance.ts';

/** `spoil`: the answer 200 becomes a 503; `reset`: the connection is reset when the request comes, and it goes nowhere. */
export interface PipeHarm {
  readonly harm: 'spoil' | 'reset';
  readonly share: number;
  readonly burst?: number;
}

const goodAnswer = Buffer.from('HTTP/1.1 200 ');
const badStatus = Buffer.from('503');
const statusAt = 'HTTP/1.1 '.length;
const request = Buffer.from('GET ');

export class Pipe {
  readonly #server: Server;
  readonly #target: () => number;
  readonly #sockets: Set<Socket> = new Set();
  #harm: PipeHarm['harm'] | null = null;
  #chance: Chance = new Chance({ share: 0 });
  /** Calls that came, and of these the ones that were harmed, since the last `tell`. */
  readonly #figures = { calls: 0, harmed: 0 };

  /** `target`: port of loopback, asked for each connection. */
  constructor(target: () => number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#carry(socket));
  }

  get figures(): { readonly calls: number; readonly harmed: number } {
    return this.#figures;
  }

  /** Answers with the port that it listens on. */
  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** `null`: carries everything as it is. */
  tell(harm: PipeHarm | null): void {
    this.#harm = harm?.harm ?? null;
    this.#chance = new Chance(harm ?? { share: 0 });
    this.#figures.calls = 0;
    this.#figures.harmed = 0;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #carry(near: Socket): void {
    const far = connect(this.#target(), '127.0.0.1');
    near.on('data', (bytes: Buffer) => {
      const isCall = starts(bytes, request);
      if (isCall) this.#figures.calls++;
      if (isCall && this.#strikes('reset')) {
        reset(near);
        far.destroy();
      } else send(bytes, near, far);
    });
    far.on('data', (bytes: Buffer) => {
      if (starts(bytes, goodAnswer) && this.#strikes('spoil')) badStatus.copy(bytes, statusAt);
      send(bytes, far, near);
    });
    this.#couple(near, far);
    this.#couple(far, near);
  }

  #strikes(harm: PipeHarm['harm']): boolean {
    if (this.#harm !== harm || !this.#chance.strikes()) return false;
    this.#figures.harmed++;
    return true;
  }

  #couple(one: Socket, other: Socket): void {
    this.#sockets.add(one);
    one.setNoDelay(true);
    one.on('end', () => other.end());
    one.on('drain', () => other.resume());
    // What broke on one side breaks on the other, in the same way.
    one.on('error', () => reset(other));
    one.on('close', () => {
      this.#sockets.delete(one);
      other.destroySoon();
    });
  }
}

function starts(bytes: Buffer, head: Buffer): boolean {
  return bytes.length >= head.length && bytes.compare(head, 0, head.length, 0, head.length) === 0;
}

/** A socket whose end was said already cannot be reset any more: Node would then keep it for ever. */
function reset(socket: Socket): void {
  if (socket.writableEnded || socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}

function send(bytes: Buffer, from: Socket, to: Socket): void {
  if (!to.write(bytes)) from.pause();
}
