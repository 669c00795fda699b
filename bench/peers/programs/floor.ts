/**
 * What Node's sockets cost by themselves: every client gets an upstream connection of its own, and bytes are copied from
 * one to the other unread, each read as it comes. A proxy is cheaper only by having the sockets do their work in larger
 * batches.
 */
import { createConnection, createServer, type Socket } from 'node:net';
import { adoptSocket } from '../../../src/net/adopt.ts';

const [listenPort, upstreamPort = 0] = process.argv.slice(2).map(Number);
const readBuffer: Buffer = Buffer.allocUnsafeSlow(64 * 1024);
let arena: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

function forward(from: Socket, to: Socket, length: number): void {
  readBuffer.copy(arena, 0, 0, length);
  const isTaken = to.write(arena.subarray(0, length));
  // What the kernel did not take at once stays referenced.
  if (to.writableLength > 0) arena = Buffer.allocUnsafeSlow(64 * 1024);
  if (isTaken) return;
  from.pause();
  to.once('drain', () => from.resume());
}

const server = createServer({ noDelay: true, allowHalfOpen: true }, (accepted) => {
  const { socket: client } = adoptSocket(accepted, {
    buffer: readBuffer,
    onRead: (length) => forward(client, upstream, length),
  });
  const upstream: Socket = createConnection({
    host: '127.0.0.1',
    port: upstreamPort,
    noDelay: true,
    onread: {
      buffer: readBuffer,
      callback(length) {
        forward(upstream, client, length);
        return true;
      },
    },
  });
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('end', () => other.end());
    one.on('close', () => other.destroy());
  }
});
server.listen({ host: '127.0.0.1', port: listenPort, backlog: 4_096 });
