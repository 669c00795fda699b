/**
 * Addresses are claimed on the control thread before a data thread binds them. Data threads share a port with
 * SO_REUSEPORT, so the kernel would let a second program that does the same, such as another meshlock, silently take a
 * part of the connections: an exclusive bind first makes that an error. And a port 0 must become one real port for all
 * threads: it is held here, with SO_REUSEPORT, until they have bound it too, so nobody else can take it in between.
 */
import { createServer, type ListenOptions, type Server } from 'node:net';
import { MeshlockError } from '../base/index.ts';
import type { SocketAddress } from '../config/index.ts';
import { canReusePort } from './platform.ts';

/** An address with its real port. `release` gives up the hold, once the data threads have it. */
export interface Reservation {
  readonly address: SocketAddress;
  release(): void;
}

/** Rejects with ADDRESS_IN_USE or ADDRESS_UNAVAILABLE, naming `owner` (such as `listener inbound`). */
export async function reserve(owner: string, address: SocketAddress): Promise<Reservation> {
  if (address.port !== 0) {
    await close(await bind(owner, address, false));
    return { address, release: () => {} };
  }
  const share = canReusePort();
  const holder = await bind(owner, address, share);
  const bound = holder.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  if (!share) await close(holder);
  return { address: { host: address.host, port }, release: () => void holder.close() };
}

function bind(owner: string, address: SocketAddress, reusePort: boolean): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  const options: ListenOptions = { host: address.host, port: address.port, exclusive: true };
  if (reusePort) options.reusePort = true;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(addressError(owner, address, error)));
    server.listen(options, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** The error of the control plane for an address that cannot be bound. `code` is an errno name. */
export function addressError(
  owner: string,
  address: SocketAddress,
  error: { readonly code?: string | undefined; readonly message: string },
): MeshlockError {
  const where = address.host.includes(':')
    ? `[${address.host}]:${address.port}`
    : `${address.host}:${address.port}`;
  const code = error.code ?? 'unknown error';
  const inUse = code === 'EADDRINUSE';
  return new MeshlockError(
    inUse ? 'ADDRESS_IN_USE' : 'ADDRESS_UNAVAILABLE',
    `${owner}: cannot listen on ${where}: ${explain(code, error.message)}`,
    [
      {
        path: owner,
        expected: 'an address this process can listen on',
        got: `${where} (${code})`,
        hint: advice(code),
      },
    ],
  );
}

function explain(code: string, message: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'the address is in use by another process';
    case 'EADDRNOTAVAIL':
      return 'this machine does not have that address';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    default:
      return message;
  }
}

function advice(code: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'stop the other process or choose another port';
    case 'EADDRNOTAVAIL':
      return 'use an address of this machine, or 0.0.0.0 for all';
    case 'EACCES':
    case 'EPERM':
      return 'ports below 1024 need the capability CAP_NET_BIND_SERVICE';
    default:
      return 'see the errno';
  }
}
