/**
 * Adds the two viewpoints of an application to those of its proxies: counts the HTTP calls that this program answers
 * (`callee`) and makes (`caller`) by Node's diagnostics channels, without a change to the program. It costs a listener
 * per call under way, and nothing after `stop`.
 */
import { randomInt } from 'node:crypto';
import { CallSink } from './call-sink.ts';
import { ClientCalls } from './client-calls.ts';
import { type Clock, systemClock } from '../clock.ts';
import { EpochCounter } from './epoch-counter.ts';
import { FetchCalls } from './fetch-calls.ts';
import { type HealthLog, silentLog } from '../log.ts';
import { ReportSender } from './report-sender.ts';
import { ServerCalls } from './server-calls.ts';
import type { Peer } from './viewpoint.ts';

export interface ObserveWithCounter {
  /** Watches `caller` and `callee`; stays the caller's own. */
  readonly counter: EpochCounter;
  /** Addresses (`http://host:port/path`) whose calls are not counted, such as where the counts are sent to. */
  readonly ignore?: readonly string[];
}

export interface ObserveWithReport {
  /** Who this program is: the node it shares with its proxy, its service, version and release. */
  readonly node: Peer;
  /** The aggregator, and the token that it asks for (empty: none). */
  readonly report: { readonly url: string; readonly token: string };
  readonly ignore?: readonly string[];
  /** Per viewpoint and epoch; 1,000 when left out. */
  readonly maxPeers?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly log?: HealthLog;
}

/**
 * Counts from now on, in this thread. Returns `stop`, which takes all listeners away at once and closes what was opened
 * here; it is fulfilled within about two seconds, and calls under way are not counted. Throws a TypeError for a counter
 * that does not watch both viewpoints, and for an address or a token that cannot be used.
 */
export function observeHttp(options: ObserveWithCounter | ObserveWithReport): () => Promise<void> {
  return 'counter' in options ? observeInto(options) : observeAndSend(options);
}

function observeInto({ counter, ignore = [] }: ObserveWithCounter): () => Promise<void> {
  if (!counter.watches('caller') || !counter.watches('callee'))
    throw new TypeError('the counter of an application watches the viewpoints caller and callee');
  const sink = new CallSink({ counter, ignore: new Set(ignore) });
  const parts = [new ServerCalls(sink), new ClientCalls(sink), new FetchCalls(sink)];
  return async () => {
    for (const part of parts.splice(0)) part.stop();
  };
}

function observeAndSend(options: ObserveWithReport): () => Promise<void> {
  const { node, report, ignore = [], maxPeers, clock = systemClock, log = silentLog } = options;
  const { random = chance } = options;
  const sender = new ReportSender({ ...report, path: '/v1/observations', clock, random, log });
  const counter = new EpochCounter({
    node,
    // Of this process; that of the proxy beside it is another one.
    incarnation: Math.floor(performance.timeOrigin),
    clock,
    viewpoints: ['caller', 'callee'],
    onClosed: (closed) => sender.offer(closed),
    ...(maxPeers === undefined ? {} : { maxPeers }),
  });
  const stop = observeInto({ counter, ignore: [sender.url, ...ignore] });
  return async () => {
    await stop();
    counter.close();
    await sender.close();
  };
}

function chance(): number {
  return randomInt(2 ** 32) / 2 ** 32;
}
