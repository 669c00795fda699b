/**
 * A DNS server small enough to read: answers A and AAAA questions over UDP on loopback from a table that the test
 * changes while it runs (RFC 1035, sections 4.1.1 to 4.1.3).
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

export type Reply =
  /** Records of the type that was asked for; none is an empty answer. */
  | { readonly kind: 'answer'; readonly addresses: readonly string[]; readonly ttlSeconds: number }
  | { readonly kind: 'code'; readonly code: 'SERVFAIL' | 'NXDOMAIN' | 'REFUSED' }
  | { readonly kind: 'silence' };

const codes = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
const types: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' };

export class DnsResponder {
  /** By `A name` or `AAAA name`; what is not listed does not exist. */
  readonly replies: Map<string, Reply> = new Map();
  /** What was asked, in order. */
  readonly asked: string[] = [];
  readonly #socket: Socket = createSocket('udp4');

  async start(): Promise<string> {
    this.#socket.on('message', (message, from) => this.#onQuestion(message, from));
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #onQuestion(message: Buffer, from: RemoteInfo): void {
    const { name, end } = readName(message, 12);
    const type = types[message.readUInt16BE(end)];
    const question = `${type} ${name}`;
    this.asked.push(question);
    const reply = this.replies.get(question) ?? { kind: 'code', code: 'NXDOMAIN' };
    if (reply.kind === 'silence') return;
    const code = reply.kind === 'code' ? codes[reply.code] : 0;
    const records =
      reply.kind === 'answer' ? reply.addresses.map((one) => record(one, reply.ttlSeconds)) : [];
    const header = Buffer.alloc(12);
    header.writeUInt16BE(message.readUInt16BE(0), 0);
    // A response, recursion desired and available.
    header.writeUInt16BE(0x8180 | code, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    const answer = Buffer.concat([header, message.subarray(12, end + 4), ...records]);
    this.#socket.send(answer, from.port, from.address);
  }
}

function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message[at]!; length > 0; length = message[at]!) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** A record of the name that was asked for, which is at offset 12. */
function record(address: string, ttlSeconds: number): Buffer {
  const bytes = address.includes(':') ? bytesOfV6(address) : Buffer.from(address.split('.').map(Number));
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(bytes.length === 4 ? 1 : 28, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttlSeconds, 6);
  head.writeUInt16BE(bytes.length, 10);
  return Buffer.concat([head, bytes]);
}

function bytesOfV6(address: string): Buffer {
  const [left = '', right = ''] = address.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(left), groups(right)];
  const all = [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
