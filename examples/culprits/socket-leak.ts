/** A connection is opened for each request and nobody closes it, because the answer was never waited for. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Culprit, CulpritOptions } from './culprit.ts';

/** What a strike leaves open. */
const socketsPerStrike = 5;

interface Peer {
  readonly host: string;
  readonly port: number;
}

function notifyPeer(peer: Peer, open: Set<Socket>): void {
  const socket = connect(peer.port, peer.host);
  socket.on('error', () => open.delete(socket));
  socket.write('PING\r\n');
  open.add(socket);
}

export function socketLeak(options: CulpritOptions = {}): Culprit {
  const open = new Set<Socket>();
  let listener: Server | null = null;

  function dialAll(peer: Peer): void {
    for (let dialled = 0; dialled < socketsPerStrike; dialled++) notifyPeer(peer, open);
  }

  return {
    name: 'socket-leak',
    summary: 'opens connections for each request and never closes them',
    capture: 'handles',
    guilty: 'notifyPeer',
    file: 'socket-leak.ts',
    statement: 'connect(peer.port',
    strike() {
      if (options.peer !== undefined) return dialAll(options.peer);
      if (listener?.listening === true) return dialAll(addressOf(listener));
      if (listener !== null) return undefined;
      const own = createServer((socket) => {
        open.add(socket);
        socket.on('error', () => open.delete(socket));
      });
      own.listen(0, '127.0.0.1', () => dialAll(addressOf(own)));
      listener = own;
      return undefined;
    },
    stop() {
      for (const socket of open) socket.destroy();
      open.clear();
      listener?.close();
      listener = null;
    },
  };
}

function addressOf(server: Server): Peer {
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}
