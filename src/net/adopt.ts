/**
 * Makes an accepted socket read into a buffer of ours. Node offers that (`onread`) for sockets one creates, not for
 * those a server accepts, which allocate and free 64 KiB for every read; so the accepted socket's handle is given to a
 * socket created with `onread`. The handle is not a documented part of Node: where it is not what is expected, the
 * socket is used as it came. Paid for by bench/ scenario http-1k (docs/decisions/0005).
 */
import { Socket, type SocketConstructorOpts } from 'node:net';

interface Handle {
  useUserBuffer?: unknown;
}

interface SocketInternals {
  _handle?: Handle | null;
}

export interface Reader {
  readonly buffer: Buffer;
  /** `buffer[0..length)` was read. */
  readonly onRead: (length: number) => void;
}

/** The socket to use from here on, and whether `reader` is in effect; `accepted` must not have been read from. */
export function adoptSocket(accepted: Socket, reader: Reader): { socket: Socket; adopted: boolean } {
  const internals = accepted as Socket & SocketInternals;
  const handle = internals._handle;
  if (handle === null || handle === undefined || typeof handle.useUserBuffer !== 'function') {
    return { socket: accepted, adopted: false };
  }
  internals._handle = null;
  const options = {
    handle,
    allowHalfOpen: true,
    readable: true,
    writable: true,
    onread: {
      buffer: reader.buffer,
      callback(length: number): boolean {
        reader.onRead(length);
        return true;
      },
    },
  };
  return { socket: new Socket(options as unknown as SocketConstructorOpts), adopted: true };
}
