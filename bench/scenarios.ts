/** What is measured, with whom, and for how long. */
import { LARGE_BODY_BYTES, SMALL_BODY_BYTES } from './host/upstream.ts';
import type { PeerMode, PeerName } from './peers/peer.ts';

interface ScenarioBase {
  readonly name: ScenarioName;
  readonly title: string;
  readonly mode: PeerMode;
  readonly path: string;
  readonly bodyBytes: number;
  /** In the order of a round. */
  readonly peers: readonly PeerName[];
  /** Which of them is divided by each of the others. */
  readonly base: PeerName;
}

/** As many requests as go through, over kept-alive connections. */
export interface LoadScenario extends ScenarioBase {
  readonly kind: 'load';
  readonly connections: number;
  readonly warmSeconds: number;
  readonly measureSeconds: number;
}

/** Connections that had one request each and then lie still. Measured once per run, not once per round. */
export interface IdleScenario extends ScenarioBase {
  readonly kind: 'idle';
  readonly connections: number;
  readonly measureSeconds: number;
}

/** From the start of the process to its first answer with status 200. */
export interface StartScenario extends ScenarioBase {
  readonly kind: 'start';
}

export type Scenario = LoadScenario | IdleScenario | StartScenario;

export const ScenarioName = [
  'http-1k',
  'http-64k',
  'http-1k-log',
  'tcp-1k',
  'tcp-64k',
  'idle',
  'start',
  'self-diagnosis',
] as const;
export type ScenarioName = (typeof ScenarioName)[number];

const small = { path: '/1k', bodyBytes: SMALL_BODY_BYTES } as const;
const large = { path: '/64k', bodyBytes: LARGE_BODY_BYTES } as const;
const all: readonly PeerName[] = ['meshlock', 'nginx', 'haproxy', 'floor', 'undici', 'fastify', 'http-proxy'];
const native: readonly PeerName[] = ['meshlock', 'nginx', 'haproxy'];

/**
 * `quick` proves that everything works; its figures are worth little. wrk takes whole seconds only. Each process is warmed
 * up until V8 has compiled what is hot: it takes some 100,000 requests, and is what the first seconds of a JavaScript
 * proxy look like, not the rest of its life.
 */
export function scenarios(quick: boolean): readonly Scenario[] {
  const load = {
    kind: 'load',
    base: 'meshlock',
    connections: 64,
    warmSeconds: quick ? 1 : 5,
    measureSeconds: quick ? 1 : 3,
  } as const;
  return [
    {
      ...load,
      ...small,
      name: 'http-1k',
      title: 'HTTP/1.1, 1 KB replies, 64 keep-alive connections',
      mode: 'http',
      peers: all,
      measureSeconds: quick ? 1 : 4,
    },
    {
      ...load,
      ...large,
      name: 'http-64k',
      title: 'HTTP/1.1, 64 KB replies, 64 keep-alive connections',
      mode: 'http',
      peers: all,
    },
    {
      ...load,
      ...small,
      name: 'http-1k-log',
      title: 'HTTP/1.1, 1 KB replies, with an access log to a file',
      mode: 'http-log',
      peers: ['meshlock', 'nginx'],
    },
    {
      ...load,
      ...small,
      name: 'tcp-1k',
      title: 'TCP pass-through, the 1 KB load',
      mode: 'tcp',
      peers: native,
      warmSeconds: quick ? 1 : 3,
    },
    {
      ...load,
      ...large,
      name: 'tcp-64k',
      title: 'TCP pass-through, the 64 KB load',
      mode: 'tcp',
      peers: native,
      warmSeconds: quick ? 1 : 3,
    },
    {
      ...small,
      kind: 'idle',
      base: 'meshlock',
      name: 'idle',
      title: '10,000 idle keep-alive connections',
      mode: 'http',
      // Not the floor: with two descriptors for each client it has fewer than it needs.
      peers: quick ? native : all.filter((name) => name !== 'floor'),
      connections: 10_000,
      measureSeconds: quick ? 1 : 10,
    },
    {
      ...small,
      kind: 'start',
      base: 'meshlock',
      name: 'start',
      title: 'Start of the process to its first answer',
      mode: 'http',
      peers: ['meshlock', 'nginx'],
    },
    {
      ...load,
      ...small,
      name: 'self-diagnosis',
      title: 'What watching costs: without, with, and with captures all the time',
      mode: 'http',
      peers: ['unwatched', 'watched', 'capturing'],
      base: 'unwatched',
      measureSeconds: quick ? 1 : 6,
    },
  ];
}
