/**
 * The two halves of an exchange as codecs and the exchange see each other. Bytes handed over are borrowed until
 * return. Calls go one way at a time: whoever has called `reset` hears nothing more.
 */
import type { HeadEdit } from './head-edit.ts';
import type { RequestHead, ResponseHead } from './head.ts';
import type { ResetReason } from './reset-reason.ts';

/** What the downstream codec tells the exchange: the request, and what becomes of the connection. */
export interface RequestSink {
  /** `head` is valid until the exchange ends. `ended`: there is no body. */
  onRequestHead(head: RequestHead, ended: boolean): void;
  onRequestBody(bytes: Buffer, from: number, to: number): void;
  /** `trailers`: complete field lines, or `null`. In a tunnel: the client has half-closed. */
  onRequestEnd(trailers: Buffer | null): void;
  /** The client is gone, broke the protocol or was too slow; the codec has answered already if it could. */
  onDownstreamReset(cause: DownstreamReset): void;
  /** The client takes bytes again. */
  onDownstreamDrain(): void;
  /** Time to look at the limits of time: as `wakeWithin` asked for, or sooner. */
  onWake(): void;
}

export const DownstreamReset = {
  Disconnect: 0,
  ProtocolError: 1,
  Timeout: 2,
  PayloadLimit: 3,
  IdleTimeout: 4,
} as const;
export type DownstreamReset = (typeof DownstreamReset)[keyof typeof DownstreamReset];

/** How the exchange answers. */
export interface ResponseStream {
  /** `edit`: what changes about it; nothing when left out. */
  sendInterim(head: ResponseHead, edit?: HeadEdit): void;
  /** Forwards an upstream's head. `ended`: no body follows. */
  sendHead(head: ResponseHead, edit: HeadEdit, ended: boolean): void;
  /** A complete answer of the proxy's own. `lines`: further field lines, each with CRLF. */
  sendReply(status: number, lines: string, body: string): void;
  sendBody(bytes: Buffer, from: number, to: number): void;
  sendEnd(trailers: Buffer | null): void;
  /** From here on bytes pass both ways unframed. Called after the head that agrees to it. */
  startTunnel(): void;
  /** Answers CONNECT with 200 and starts the tunnel. */
  acceptTunnel(): void;
  /** The other end of the tunnel is gone: sends what is queued, then closes. */
  closeTunnel(): void;
  /** Cuts the answer short so that the client can tell. */
  reset(): void;
  /** Stops and restarts the request's body. */
  pauseRequest(): void;
  resumeRequest(): void;
  /** `onWake` shall come within `delayMs`, unless the exchange ends before; what was asked for earlier still counts. */
  wakeWithin(delayMs: number): void;
  readonly blocked: boolean;
}

/** What the upstream codec tells the exchange. */
export interface ResponseSink {
  onInterimHead(head: ResponseHead): void;
  /** `head` is valid until return. */
  onResponseHead(head: ResponseHead, ended: boolean): void;
  onResponseBody(bytes: Buffer, from: number, to: number): void;
  onResponseEnd(trailers: Buffer | null): void;
  /** The try is over without a complete answer. `detail`: a word for people, such as `ECONNRESET`. */
  onUpstreamReset(reason: ResetReason, detail: string): void;
  onUpstreamDrain(): void;
}

/** How the exchange asks an upstream. */
export interface RequestStream {
  sendHead(head: RequestHead, edit: HeadEdit, ended: boolean): void;
  sendBody(bytes: Buffer, from: number, to: number): void;
  sendEnd(trailers: Buffer | null): void;
  startTunnel(): void;
  reset(): void;
  pauseResponse(): void;
  resumeResponse(): void;
  readonly blocked: boolean;
}
