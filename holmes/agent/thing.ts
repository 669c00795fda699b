/** What can be said of a socket or a child process without touching it: its state, its peer, what it has buffered. */
import type { ChildProcess } from 'node:child_process';
import type { Socket as UdpSocket } from 'node:dgram';
import type { Socket } from 'node:net';
import type { Thing, ThingKind } from './handle-registry.ts';

export interface ThingInfo {
  readonly kind: string;
  readonly state: string;
  readonly peer: string;
  readonly bufferedBytes: number;
  /** As `process.getActiveResourcesInfo` names it; empty: not in there at this moment. */
  readonly type: string;
}

export function describeThing(thing: Thing, kind: ThingKind): ThingInfo {
  switch (kind) {
    case 'child-process':
      return {
        kind,
        state: '',
        peer: '',
        bufferedBytes: 0,
        type: typeOf(thing as ChildProcess, 'ProcessWrap'),
      };
    case 'udp':
      return { kind, ...describeUdp(thing as UdpSocket) };
    default:
      return describeSocket(thing as Socket, kind);
  }
}

function describeSocket(socket: Socket, kind: 'tcp-client' | 'tcp-server'): ThingInfo {
  const isPipe = handleOf(socket)?.constructor.name === 'Pipe';
  return {
    kind: isPipe ? kind.replace('tcp', 'pipe') : kind,
    state: stateOf(socket),
    peer: isPipe ? '' : kind === 'tcp-client' ? remoteOf(socket) : `:${socket.localPort ?? ''}`,
    bufferedBytes: socket.writableLength + socket.readableLength,
    type: typeOf(socket, isPipe ? 'PipeWrap' : 'TCPSocketWrap'),
  };
}

function stateOf(socket: Socket): string {
  if (socket.connecting) return 'connecting';
  const { readableEnded, writableEnded } = socket;
  if (socket.destroyed || (readableEnded && writableEnded)) return 'closing';
  return readableEnded || writableEnded ? 'half-closed' : 'open';
}

/** While it connects: the address it tried last, as far as Node tells. */
function remoteOf(socket: Socket): string {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress !== undefined && remotePort !== undefined) return hostPort(remoteAddress, remotePort);
  return socket.autoSelectFamilyAttemptedAddresses?.at(-1) ?? '';
}

function hostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Its handle is out of reach: reading `_handle` of a UDP socket makes Node warn. */
function describeUdp(socket: UdpSocket): Omit<ThingInfo, 'kind'> {
  try {
    // Throws when it is not bound.
    const peer = `:${socket.address().port}`;
    return { state: 'open', peer, bufferedBytes: socket.getSendQueueSize(), type: 'UDPWrap' };
  } catch {
    return { state: '', peer: '', bufferedBytes: 0, type: 'UDPWrap' };
  }
}

interface Handle {
  hasRef?(): boolean;
}

/** Only what holds the event loop counts as active. Where a handle is kept is Node's own affair: it may not be found. */
function typeOf(thing: Socket | ChildProcess, type: string): string {
  const handle = handleOf(thing);
  return handle?.hasRef === undefined || handle.hasRef() ? type : '';
}

function handleOf(thing: Socket | ChildProcess): Handle | undefined {
  return (thing as { readonly _handle?: Handle | null })._handle ?? undefined;
}
