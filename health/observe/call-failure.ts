/**
 * How a call failed, and where that arose, from the error that a program was given. To the caller everything behind its
 * own socket is upstream; `local` is what never left the machine, `client` what the program itself gave up.
 */
import type { Socket } from 'node:net';
import type { FailureOrigin } from './viewpoint.ts';

export interface CallFailure {
  readonly origin: FailureOrigin;
  readonly reason: string;
}

export const serverError: CallFailure = { origin: 'upstream', reason: '5xx' };
export const aborted: CallFailure = { origin: 'client', reason: 'aborted' };
export const reset: CallFailure = { origin: 'upstream', reason: 'reset' };
const timeout: CallFailure = { origin: 'upstream', reason: 'timeout' };
const connect: CallFailure = { origin: 'upstream', reason: 'connect' };
const protocol: CallFailure = { origin: 'upstream', reason: 'protocol' };
const tls: CallFailure = { origin: 'upstream', reason: 'tls' };
const dns: CallFailure = { origin: 'local', reason: 'dns' };
const other: CallFailure = { origin: 'local', reason: 'error' };

/** By code: of the system (libuv), of Node's parser and of undici. */
const byCode: ReadonlyMap<string, CallFailure> = new Map([
  ['ECONNRESET', reset],
  ['EPIPE', reset],
  ['ECONNABORTED', reset],
  ['UND_ERR_SOCKET', reset],
  ['ECONNREFUSED', connect],
  ['EHOSTUNREACH', connect],
  ['ENETUNREACH', connect],
  ['EHOSTDOWN', connect],
  ['ENOENT', connect],
  ['UND_ERR_CONNECT_TIMEOUT', connect],
  ['ETIMEDOUT', timeout],
  ['ESOCKETTIMEDOUT', timeout],
  ['UND_ERR_HEADERS_TIMEOUT', timeout],
  ['UND_ERR_BODY_TIMEOUT', timeout],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', protocol],
  ['UND_ERR_HEADERS_OVERFLOW', protocol],
  ['UND_ERR_ABORTED', aborted],
  ['UND_ERR_DESTROYED', aborted],
  ['ABORT_ERR', aborted],
  ['EPROTO', tls],
  ['ENOTFOUND', dns],
  ['EAI_AGAIN', dns],
]);

export function failureOf(error: unknown): CallFailure {
  if (!(error instanceof Error)) return aborted;
  // A program that gives up after a time of its own says so by this name; how long is long enough is its own rule.
  const given = error.name === 'AbortError' && error.cause instanceof Error ? error.cause : error;
  if (given.name === 'TimeoutError') return timeout;
  if (error.name === 'AbortError') return aborted;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = byCode.get(code);
  if (known !== undefined) return known;
  if (code.startsWith('HPE_') || error.name === 'HTTPParserError') return protocol;
  return /CERT|^ERR_TLS_|^ERR_SSL_|_SIGNATURE$/.test(code) ? tls : other;
}

/** Whether the other side ended the connection: it said so (FIN), or the system did (reset, time-out). */
export function isEndedByPeer({ readableEnded, errored }: Socket): boolean {
  if (readableEnded) return true;
  if (errored === null) return false;
  const code = 'code' in errored && typeof errored.code === 'string' ? errored.code : '';
  // What the parser refuses, and a request that does not come to its end, are the sender's.
  return 'syscall' in errored || code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT';
}
