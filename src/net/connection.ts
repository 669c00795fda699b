/**
 * One TCP connection of a data thread, either side. It hides Node's stream behind what the codecs need: bytes that
 * are borrowed for the duration of a call, writes that are copied and leave once per turn, one water mark, half-close,
 * and one `onClose` that always comes, with a reason.
 */
import type { Socket } from 'node:net';
import { Deadline, type DeadlineOwner } from '../base/index.ts';
import type { NetContext } from './context.ts';

/** How a connection ended. */
export const CloseReason = {
  /** Both directions ended in order, or this side closed on purpose. */
  Clean: 0,
  /** The peer sent RST, or the network failed. */
  Reset: 1,
  /** The peer took no bytes for `sendTimeoutMs`. */
  SendTimeout: 2,
  /** The connect was refused, unreachable or failed. */
  ConnectFailure: 3,
  ConnectTimeout: 4,
} as const;
export type CloseReason = (typeof CloseReason)[keyof typeof CloseReason];

export interface ConnectionHandler {
  /** The outgoing connect succeeded; never called on an accepted connection. */
  onConnect(): void;
  /** Bytes arrived; `bytes[from..to)` is borrowed until return. Not called while reading is paused or after `onEnd`. */
  onData(bytes: Buffer, from: number, to: number): void;
  /** The peer will send no more (FIN). Writing still works. */
  onEnd(): void;
  /** Everything written has been taken; called only after `blocked` was true. */
  onDrain(): void;
  /** The connection is gone. Called exactly once, last, and never from within a call of this side. */
  onClose(reason: CloseReason): void;
  /** This side wants to go: close when nothing is under way, and after what is. */
  drain?(): void;
}

/** Addresses of the original connection, as a PROXY header gives them. */
export interface ConnectionOrigin {
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly destinationAddress: string;
  readonly destinationPort: number;
}

/** Where a connection counts its bytes as they pass. */
export interface ByteMeter {
  /** The thread's counters. */
  readonly values: Float64Array;
  /** Slots. */
  readonly received: number;
  readonly sent: number;
}

/** After this side has ended, how long the peer may take to end too, and how much it may still send. */
const lingerMs = 1000;
const lingerBytes = 1024 * 1024;

/** Not documented, and what Node's own socket timeout goes by. */
interface SocketInternals {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
}

let nextId = 1;

export class Connection implements DeadlineOwner {
  /** Unique within the thread. */
  readonly id: number = nextId++;
  /** Text of the last socket error, such as `ECONNREFUSED`; empty without one. */
  errorCode = '';
  bytesReceived = 0;
  bytesSent = 0;
  /** Reads of this turn that wait to be handled; kept by the turn. */
  gathered = 0;
  /** Whether this side opened the connection. */
  readonly outgoing: boolean;
  /** Who the peer says it speaks for (PROXY protocol); `null`: itself. */
  origin: ConnectionOrigin | null = null;
  readonly #socket: Socket;
  readonly #context: NetContext;
  readonly #sendTimeoutMs: number;
  readonly #meter: ByteMeter;
  #handler: ConnectionHandler;
  #sendDeadline: Deadline | null = null;
  #remoteAddress: string | null = null;
  /** When progress was last looked for: bytes of finished writes, and bytes of the running one that wait. */
  #written = 0;
  #queued = 0;
  #blocked = false;
  #paused = false;
  #peerEnded = false;
  #ended = false;
  /** Bytes that were read before reading was paused, and not handled. */
  #held: Buffer | null = null;
  #lingering = false;
  #lingered = 0;
  #closed = false;
  /** The socket has closed, too. */
  #gone = false;
  #reason: CloseReason | null = null;
  #connecting: boolean;

  /** Takes ownership of `socket`, which must have been made with `allowHalfOpen`. `sendTimeoutMs` 0: none. */
  constructor(
    context: NetContext,
    socket: Socket,
    options: { handler: ConnectionHandler; sendTimeoutMs: number; connecting: boolean; meter: ByteMeter },
  ) {
    this.#context = context;
    this.#socket = socket;
    this.#handler = options.handler;
    this.#meter = options.meter;
    this.#sendTimeoutMs = options.sendTimeoutMs;
    this.#connecting = options.connecting;
    this.outgoing = options.connecting;
    socket.on('end', () => this.#onEnd());
    socket.on('drain', () => this.#onDrain());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
    socket.on('close', () => this.#onClose());
    if (options.connecting) socket.once('connect', () => this.#onConnect());
  }

  /** The receiver of all events; replaced when PROXY protocol or protocol detection has done its part. */
  get handler(): ConnectionHandler {
    return this.#handler;
  }

  set handler(handler: ConnectionHandler) {
    this.#handler = handler;
  }

  /** The client's address; with PROXY protocol the one it names. IPv4 in an IPv6 socket is written as IPv4. */
  get remoteAddress(): string {
    if (this.origin !== null) return this.origin.sourceAddress;
    return this.peerAddress;
  }

  /** The other end of the connection itself, whomever it says it speaks for. */
  get peerAddress(): string {
    return (this.#remoteAddress ??= plainAddress(this.#socket.remoteAddress));
  }

  get remotePort(): number {
    return this.origin === null ? (this.#socket.remotePort ?? 0) : this.origin.sourcePort;
  }

  get localAddress(): string {
    return this.origin === null ? plainAddress(this.#socket.localAddress) : this.origin.destinationAddress;
  }

  get localPort(): number {
    return this.origin === null ? (this.#socket.localPort ?? 0) : this.origin.destinationPort;
  }

  /** Both ends, as a PROXY header tells them. */
  get ends(): ConnectionOrigin {
    return {
      sourceAddress: this.remoteAddress,
      sourcePort: this.remotePort,
      destinationAddress: this.localAddress,
      destinationPort: this.localPort,
    };
  }

  /** True once the connection can carry nothing more; `onClose` has come or is about to. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether the peer takes bytes slower than they are written. Stop producing until `onDrain`. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** Whether bytes that were handed to the socket are still referenced by it. */
  get sending(): boolean {
    return !this.#gone && this.#socket.writableLength > 0;
  }

  get peerEnded(): boolean {
    return this.#peerEnded;
  }

  /** Queues a copy of `bytes[from..to)`; it leaves when the turn ends. Ignored once closed or ended. */
  write(bytes: Buffer, from: number, to: number): void {
    if (this.#closed || this.#ended) return;
    this.#context.turn.outbox.append(this, bytes, from, to);
  }

  writeLatin1(text: string): void {
    if (this.#closed || this.#ended) return;
    this.#context.turn.outbox.appendLatin1(this, text);
  }

  /** Called by the outbox only. Returns whether the bytes are free again. */
  send(bytes: Buffer): boolean {
    if (this.#closed) return true;
    const socket = this.#socket;
    this.bytesSent += bytes.length;
    this.#meter.values[this.#meter.sent]! += bytes.length;
    if (!socket.write(bytes)) this.#blocked = true;
    if (socket.writableLength === 0) return true;
    if (this.#sendTimeoutMs > 0) this.#watchSending();
    return false;
  }

  /** Stops `onData` until `resumeReading`; the kernel's window then stops the peer. */
  pauseReading(): void {
    if (this.#paused || this.#closed || this.#lingering) return;
    this.#paused = true;
    this.#socket.pause();
  }

  resumeReading(): void {
    if (!this.#paused || this.#closed) return;
    this.#paused = false;
    if (this.#held === null) this.#socket.resume();
    else setImmediate(this.#passHeld);
  }

  /** Sends FIN behind what is queued. The peer may still send. */
  end(): void {
    if (this.#closed || this.#ended) return;
    this.#context.turn.end();
    this.#ended = true;
    this.#socket.end();
  }

  /**
   * Ends politely: what is queued is sent, then FIN, and what the peer still sends is read and dropped for a moment,
   * because closing on unread bytes makes the kernel send RST, which can destroy the answer on its way.
   */
  close(): void {
    if (this.#closed || this.#lingering) return;
    this.#lingering = true;
    this.#held = null;
    this.end();
    if (this.#peerEnded) return;
    this.#paused = false;
    this.#socket.resume();
    // A slow reader gets the time that it needs for what is queued; its pace is the send timeout's to judge.
    if (this.#socket.writableLength === 0) this.#linger();
    else this.#socket.once('finish', () => this.#linger());
  }

  #linger(): void {
    if (this.#closed) return;
    this.#sendDeadline ??= new Deadline(this);
    this.#context.wheel.ensure(this.#sendDeadline, lingerMs);
  }

  /** Ends at once, dropping what is queued. `onClose` follows later in this turn or the next. */
  destroy(reason: CloseReason = 0): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reason ??= reason;
    this.#context.turn.outbox.discard(this);
    if (reason === CloseReason.Reset && !this.#connecting) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** Called by the turn only, with what this socket has read. */
  handle(bytes: Buffer, from: number, to: number): void {
    this.bytesReceived += to - from;
    this.#meter.values[this.#meter.received]! += to - from;
    if (this.#closed) return;
    if (this.#lingering) {
      this.#lingered += to - from;
      if (this.#lingered > lingerBytes) this.destroy();
    } else if (this.#paused || this.#held !== null) {
      this.#hold(bytes, from, to);
    } else {
      this.#handler.onData(bytes, from, to);
    }
  }

  /** Reading was paused while these bytes were waiting to be handled. */
  #hold(bytes: Buffer, from: number, to: number): void {
    const piece = bytes.subarray(from, to);
    this.#held = this.#held === null ? Buffer.from(piece) : Buffer.concat([this.#held, piece]);
  }

  readonly #passHeld = (): void => {
    const bytes = this.#held;
    if (bytes === null || this.#paused || this.#closed) return;
    this.#held = null;
    this.#context.turn.begin();
    this.#handler.onData(bytes, 0, bytes.length);
    this.#context.turn.end();
    if (!this.#paused && !this.#closed) this.#socket.resume();
  };

  onDeadline(deadline: Deadline): void {
    if (this.#closed) return;
    if (this.#socket.writableLength === 0) {
      if (this.#lingering) this.destroy();
    } else if (!this.#noteProgress()) {
      this.destroy(CloseReason.SendTimeout);
    } else {
      this.#context.wheel.arm(deadline, this.#sendTimeoutMs);
    }
  }

  #watchSending(): void {
    this.#sendDeadline ??= new Deadline(this);
    if (this.#sendDeadline.armed) return;
    this.#noteProgress();
    this.#context.wheel.arm(this.#sendDeadline, this.#sendTimeoutMs);
  }

  /** Whether the kernel has taken bytes since the last call. */
  #noteProgress(): boolean {
    const socket = this.#socket;
    const written = socket.bytesWritten - socket.writableLength;
    // Node counts a write when all of it is taken, and makes one write of all that has queued up.
    const queued = (socket as SocketInternals)._handle?.writeQueueSize ?? 0;
    const moved = written !== this.#written || queued !== this.#queued;
    this.#written = written;
    this.#queued = queued;
    return moved;
  }

  #onConnect(): void {
    if (this.#closed) return;
    this.#context.turn.begin();
    this.#connecting = false;
    this.#handler.onConnect();
    this.#context.turn.end();
  }

  #onEnd(): void {
    if (this.#closed) return;
    this.#context.turn.begin();
    this.#peerEnded = true;
    if (!this.#lingering) {
      this.#handler.onEnd();
      this.#context.turn.end();
    }
  }

  #onDrain(): void {
    if (this.#closed) return;
    this.#context.turn.begin();
    this.#blocked = false;
    this.#handler.onDrain();
    this.#context.turn.end();
  }

  #onError(error: NodeJS.ErrnoException): void {
    this.errorCode = error.code ?? error.message;
    this.#reason ??= this.#connecting ? CloseReason.ConnectFailure : CloseReason.Reset;
  }

  #onClose(): void {
    // What was read before the end is handled as such.
    this.#context.turn.begin();
    this.#closed = true;
    this.#gone = true;
    if (this.#sendDeadline !== null) this.#context.wheel.cancel(this.#sendDeadline);
    this.#context.turn.outbox.discard(this);
    this.#handler.onClose(this.#reason ?? CloseReason.Clean);
    this.#context.turn.end();
  }
}

function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
