/** Opens an upstream connection. */
import { createConnection } from 'node:net';
import type { SocketAddress } from '../config/index.ts';
import { type ByteMeter, Connection, type ConnectionHandler } from './connection.ts';
import type { NetContext } from './context.ts';

export interface DialOptions {
  readonly address: SocketAddress;
  readonly handler: ConnectionHandler;
  readonly sendTimeoutMs: number;
  readonly meter: ByteMeter;
  /** Keep-alive probes after this much silence; 0: none. */
  readonly tcpKeepaliveMs: number;
}

/** Returns at once; the handler hears `onConnect`, or `onClose` with `ConnectFailure`. The caller bounds the time. */
export function dial(context: NetContext, options: DialOptions): Connection {
  const socket = createConnection({
    host: options.address.host,
    port: options.address.port,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: options.tcpKeepaliveMs > 0,
    keepAliveInitialDelay: options.tcpKeepaliveMs,
    autoSelectFamily: false,
    onread: {
      buffer: context.memory.readBuffer,
      callback(length: number): boolean {
        context.turn.receive(connection, context.memory.bytes, 0, length);
        return true;
      },
    },
  });
  const connection: Connection = new Connection(context, socket, {
    handler: options.handler,
    sendTimeoutMs: options.sendTimeoutMs,
    connecting: true,
    meter: options.meter,
  });
  return connection;
}
