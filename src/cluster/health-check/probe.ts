/**
 * One kind of health check: how a single check of an endpoint is made. When to check, how long to wait and what a
 * result means for the endpoint's health is the checker's (`EndpointChecker`).
 */
import type { SocketAddress } from '../../config/index.ts';
import { localShortage } from '../local-shortage.ts';

export type ProbeResult =
  | { readonly kind: 'passed'; readonly detail: string }
  /** The endpoint failed the check; `detail` says how, for people. */
  | { readonly kind: 'failed'; readonly detail: string }
  /** The check could not be made for want of something on this machine: says nothing about the endpoint. */
  | { readonly kind: 'inconclusive'; readonly detail: string };

export interface RunningProbe {
  /** Ends the check and its connection; its `done` is not called any more. */
  cancel(): void;
}

export interface Probe {
  /** Starts one check on a connection of its own. `done` is called once, unless cancelled; never during `start`. */
  start(address: SocketAddress, done: (result: ProbeResult) => void): RunningProbe;
}

const connectTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect refused',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EHOSTDOWN: 'host down',
  ETIMEDOUT: 'connect timed out',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection closed by the endpoint',
};

/** What a socket error says about the endpoint. */
export function resultOfError(error: NodeJS.ErrnoException): ProbeResult {
  const code = error.code ?? '';
  const local = localShortage(code);
  if (local !== undefined) return { kind: 'inconclusive', detail: local };
  const known = connectTexts[code];
  return { kind: 'failed', detail: known ?? (code === '' ? error.message : `connection failed (${code})`) };
}
