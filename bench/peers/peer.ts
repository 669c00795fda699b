/** One proxy under comparison: whether it is here, which version, and how it is started for a scenario. */
import type { Launch } from '../host/running-process.ts';

/** `http-log`: HTTP with an access log written to a file. `tcp`: bytes passed through unread. */
export type PeerMode = 'http' | 'http-log' | 'tcp';

export interface PeerSetup {
  readonly mode: PeerMode;
  readonly listenPort: number;
  readonly upstreamPort: number;
  /** For a peer with an admin plane. */
  readonly adminPort: number;
  /** Configuration files go here; it is emptied after the run. */
  readonly directory: string;
  readonly accessLogPath: string;
}

export interface Peer {
  readonly name: PeerName;
  /** Why it cannot run in this mode ("not installed"), or `null` when it can. */
  unavailable(mode: PeerMode): string | null;
  /** Called only when available. */
  version(): string;
  /** Writes the configuration. */
  prepare(setup: PeerSetup): Promise<Launch>;
}

export const PeerName = [
  'meshlock',
  'nginx',
  'haproxy',
  'floor',
  'undici',
  'fastify',
  'http-proxy',
  'unwatched',
  'watched',
  'capturing',
] as const;
export type PeerName = (typeof PeerName)[number];
