/** Two levels of aggregators over real sockets: a fleet that is split over shards is judged as if it were not. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Aggregator } from '../../../health/aggregate/aggregator.ts';
import { parseAggregateSettings } from '../../../health/aggregate/parse-settings.ts';
import { AggregateServer } from '../../../health/aggregate/server.ts';
import type { Clock, Timer } from '../../../health/clock.ts';
import type { HealthLog } from '../../../health/log.ts';
import type { EpochReport } from '../../../health/observe/epoch-report.ts';
import { epochMs, epochOf } from '../../../health/observe/viewpoint.ts';
import { calleeReport, callerReport, clockAfterEpoch, peer } from '../../unit/health/aggregate/fleet.ts';
import { ManualClock } from '../../unit/holmes/manual-clock.ts';
import { settle, until } from '../harness/index.ts';

const web = [1, 2, 3].map((n) => peer(`web-${n}`, 'web'));
const old = [1, 2, 5, 6].map((n) => peer(`cart-${n}`, 'cart', '1', 'r.1'));
const canary = [3, 4].map((n) => peer(`cart-${n}`, 'cart', '2', 'r.2'));

const ended: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

/** A manual clock that knows how many questions to shards are under way: each has three seconds, and nothing else has. */
class AskingClock implements Clock {
  readonly #clock: ManualClock;
  asking = 0;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  wall(): number {
    return this.#clock.wall();
  }

  every(periodMs: number, run: () => void): Timer {
    return this.#clock.every(periodMs, run);
  }

  after(delayMs: number, run: () => void): Timer {
    const timer = this.#clock.after(delayMs, run);
    if (delayMs <= 500 || delayMs > 3000) return timer;
    this.asking++;
    return {
      cancel: () => {
        this.asking--;
        timer.cancel();
      },
    };
  }
}

interface Level {
  readonly aggregator: Aggregator;
  readonly clock: AskingClock;
  readonly url: string;
  readonly log: string[];
  readonly ask: (path: string) => Promise<Record<string, unknown>>;
  readonly stop: () => Promise<void>;
}

async function level(
  manual: ManualClock,
  settings: Readonly<Record<string, unknown>> = {},
  port = 0,
): Promise<Level> {
  const parsed = parseAggregateSettings({
    listen: `127.0.0.1:${port}`,
    token: 'fleet-token',
    verdict: { dry_run: false },
    ...settings,
  });
  const clock = new AskingClock(manual);
  const log: string[] = [];
  const into: HealthLog = {
    info: (message) => void log.push(message),
    warn: (message) => void log.push(message),
  };
  const aggregator = new Aggregator({ settings: parsed, clock, log: into });
  const server = new AggregateServer({ aggregator, settings: parsed, clock, log: into });
  await aggregator.open();
  const address = await server.listen();
  const url = `http://127.0.0.1:${address.port}`;
  let isStopped = false;
  const stop = async () => {
    if (isStopped) return;
    isStopped = true;
    await server.close();
    await aggregator.close();
  };
  ended.push(stop);
  const ask = async (path: string) => {
    const response = await fetch(`${url}${path}`, { headers: { authorization: 'Bearer fleet-token' } });
    return (await response.json()) as Record<string, unknown>;
  };
  return { aggregator, clock, url, log, ask, stop };
}

function rootOf(clock: ManualClock, shards: readonly Level[], settings: object = {}): Promise<Level> {
  return level(clock, { ...settings, shards: shards.map(({ url }) => ({ url, token: 'fleet-token' })) });
}

/** `failing` of 100 calls of each caller to each node of the canary, counted as its own by the first of them. */
function reports(epoch: number, failing: number, hasCanary = true): readonly EpochReport[] {
  const there = hasCanary ? canary : [];
  return [
    ...web.map((caller) =>
      callerReport(caller, epoch, [
        ...old.map((callee) => ({ callee, calls: 100, failures: 0 })),
        ...there.map((callee) => ({ callee, calls: 100, failures: failing })),
      ]),
    ),
    ...[...old, ...there].map((callee) =>
      calleeReport(callee, epoch, {
        callers: web,
        calls: 100,
        failedHere: callee === canary[0] ? failing : 0,
      }),
    ),
  ];
}

/** A second into the next epoch: the one that is over. */
function nextEpoch(clock: ManualClock): number {
  clock.advance(epochMs - (clock.wall() % epochMs) + 1000);
  return epochOf(clock.wall()) - 1;
}

/** Judges the epoch that is over; the clock goes on for a shard that does not answer. */
async function judged(clock: ManualClock, root: Level, isAway = false): Promise<void> {
  const progress = { isDone: false };
  const gathered = root.aggregator.gathered().then(() => (progress.isDone = true));
  if (isAway) {
    while (!progress.isDone) {
      // Over real sockets an answer takes as long as it takes.
      await settle();
      await until(() => root.clock.asking === 0);
      clock.advance(100);
    }
  }
  await gathered;
}

/** A generator of its own for each split, so that a failure can be had again. */
function splitter(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}

describe('an aggregator of the second level', () => {
  test.each([1, 2, 3])(
    'says what one aggregator says of all, however the nodes are split (%i)',
    async (seed) => {
      const clock = clockAfterEpoch();
      const one = await level(clock);
      const shards = [await level(clock), await level(clock)];
      const root = await rootOf(clock, shards);
      const random = splitter(seed);
      const homes = new Map([...web, ...old, ...canary].map(({ node }) => [node, Math.floor(random() * 3)]));
      for (let n = 0; n < 20; n++) {
        for (const report of reports(nextEpoch(clock), 3 + Math.floor(random() * 12), n > 6)) {
          // Some nodes report to the second level itself, and a node may miss an epoch.
          const home = [...shards, root][homes.get(report.node.node) ?? 0]!;
          if (random() < 0.05) continue;
          expect(one.aggregator.accept(report)).toBe('accepted');
          expect(home.aggregator.accept(structuredClone(report))).toBe('accepted');
        }
        clock.advance(4500);
        await judged(clock, root);
        const epoch = one.aggregator.judgedEpoch;
        expect(root.aggregator.judgedEpoch).toBe(epoch);
        expect(root.aggregator.evidence(epoch - 5, epoch)).toEqual(one.aggregator.evidence(epoch - 5, epoch));
        expect(root.aggregator.suspects()).toEqual(one.aggregator.suspects());
      }
      expect(one.aggregator.suspects().length).toBeGreaterThan(0);
      const verdict = await one.ask('/v1/releases/r.2/verdict');
      expect(verdict).toMatchObject({ verdict: 'fail', action: 'rollback' });
      expect({ ...(await root.ask('/v1/releases/r.2/verdict')), asOf: '' }).toEqual({ ...verdict, asOf: '' });
      const { releases } = await one.ask('/v1/releases');
      const withoutTime = (value: unknown) => JSON.stringify(value).replaceAll(/"asOf":"[^"]*"/g, '');
      const { releases: together } = await root.ask('/v1/releases');
      expect(withoutTime(together)).toBe(withoutTime(releases));
    },
  );

  test('names a shard that is away, blames none of its nodes, and takes it up again with what it missed', async () => {
    const clock = clockAfterEpoch();
    const one = await level(clock);
    const [callers, callees] = [await level(clock), await level(clock)];
    const root = await rootOf(clock, [callers, callees]);
    let told = epochOf(clock.wall()) - 1;
    const pass = async (takers: readonly Level[]) => {
      const over = nextEpoch(clock);
      // Waiting for a shard that is away may have taken until the next epoch: nodes report all the same.
      const due = Array.from({ length: over - told }, (_, n) => reports(told + 1 + n, 20)).flat();
      told = over;
      for (const report of due) {
        one.aggregator.accept(report);
        for (const taker of takers)
          if ((taker === callers) === web.includes(report.node)) taker.aggregator.accept(report);
      }
      clock.advance(4500);
      await judged(clock, root, takers.length < 2);
    };
    for (let n = 0; n < 8; n++) await pass([callers, callees]);
    expect(root.aggregator.suspects().map(({ node }) => node)).toContain('cart-3');
    const before = await root.ask('/v1/releases/r.2/verdict?service=cart');

    const port = Number(new URL(callees.url).port);
    await callees.stop();
    for (let n = 0; n < 3; n++) await pass([callers]);
    expect(await root.ask('/v1/shards')).toMatchObject({
      judgedEpoch: root.aggregator.judgedEpoch,
      shards: [
        { shard: callers.url, status: 'answering', reason: '', nodes: 3 },
        { shard: callees.url, status: 'missing', reason: 'it cannot be reached (ECONNREFUSED)', nodes: 6 },
      ],
    });
    expect(root.aggregator.suspects()).toEqual([]);
    expect(await root.ask('/v1/suspects')).toMatchObject({ missing: [], missingShards: [callees.url] });
    const { missing } = root.aggregator.evidence(
      root.aggregator.judgedEpoch - 5,
      root.aggregator.judgedEpoch,
    );
    expect([...missing]).toEqual([]);
    const { reasons } = await root.ask('/v1/releases/r.2/verdict?service=cart');
    expect(reasons).toContain(
      `The shard ${callees.url} is missing: calls that it counted lately are left out.`,
    );
    const metrics = await fetch(`${root.url}/metrics`, { headers: { authorization: 'Bearer fleet-token' } });
    const text = await metrics.text();
    expect(text).toContain('meshlock_aggregate_shards 2\n');
    expect(text).toContain('meshlock_aggregate_missing_shards 1\n');
    expect(root.log.filter((line) => line.includes('shard'))).toEqual(['a shard is missing']);

    // What was told to it while the second level could not reach it comes too.
    const back = await level(clock, {}, port);
    for (const report of reports(told, 20))
      if (!web.includes(report.node)) expect(back.aggregator.accept(report)).toBe('accepted');
    for (let n = 0; n < 6; n++) await pass([callers, back]);
    expect(root.log.filter((line) => line.includes('shard'))).toEqual([
      'a shard is missing',
      'a shard is back',
    ]);
    expect(root.aggregator.suspects()).toEqual(one.aggregator.suspects());
    expect(await root.ask('/v1/suspects')).toMatchObject({ missingShards: [] });
    expect((await root.ask('/v1/releases/r.2/verdict?service=cart'))['evidence']).toMatchObject({
      strata: 1,
    });
    expect(before).toMatchObject({ release: { version: '2' } });
  });

  test('has the hours of counts that its shards have, after a restart without a journal', async () => {
    const clock = clockAfterEpoch();
    const settings = { ledger: { keep: '1h', fine: '15m' } };
    const one = await level(clock, settings);
    const shard = await level(clock, settings);
    // Counts of 40 minutes, of which 25 have become coarser.
    for (let n = 0; n < 240; n++) {
      for (const report of reports(nextEpoch(clock), n % 30 === 0 ? 1 : 0, n > 100))
        for (const { aggregator } of [one, shard]) expect(aggregator.accept(report)).toBe('accepted');
      clock.advance(4500);
    }
    const root = await rootOf(clock, [shard], settings);
    for (let n = 0; n < 4; n++) {
      for (const report of reports(nextEpoch(clock), 0))
        for (const { aggregator } of [one, shard]) aggregator.accept(report);
      clock.advance(4500);
      await judged(clock, root);
    }
    const path = '/v1/releases/r.2/verdict?service=cart';
    const verdict = await one.ask(path);
    expect(verdict).toMatchObject({ evidence: { canary: { calls: 143 * 600, failures: 4 * 6 } } });
    expect({ ...(await root.ask(path)), asOf: '' }).toEqual({ ...verdict, asOf: '' });
  });

  test('counts what came late to a shard, once', async () => {
    const clock = clockAfterEpoch();
    const one = await level(clock);
    const shard = await level(clock);
    const root = await rootOf(clock, [shard]);
    let late: EpochReport | null = null;
    for (let n = 0; n < 6; n++) {
      const all = reports(nextEpoch(clock), 5);
      const now = n === 2 ? all.slice(1) : late === null ? all : [...all, late];
      late = n === 2 ? (all[0] ?? null) : null;
      for (const report of now) for (const { aggregator } of [one, shard]) aggregator.accept(report);
      clock.advance(4500);
      await judged(clock, root);
    }
    expect(one.aggregator.figures().lateReports).toBe(1);
    const { evidence } = await one.ask('/v1/releases/2/verdict');
    expect(evidence).toMatchObject({ canary: { calls: 6 * 600 } });
    expect((await root.ask('/v1/releases/2/verdict'))['evidence']).toEqual(evidence);
  });

  test('judges after seven seconds without a shard that takes the question and never answers', async () => {
    const clock = clockAfterEpoch();
    const shard = await level(clock);
    const mute = createServer(() => {});
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    ended.push(async () => {
      mute.closeAllConnections();
      await new Promise((resolve) => mute.close(resolve));
    });
    const { port } = mute.address() as AddressInfo;
    const muteUrl = `http://127.0.0.1:${port}`;
    const token = 'fleet-token';
    const root = await level(clock, { shards: [{ url: shard.url, token }, { url: muteUrl }] });
    clock.advance(epochMs);
    const beganMs = clock.now();
    const epoch = shard.aggregator.judgedEpoch;
    await until(() => root.aggregator.shards()[0]?.lastEpoch === epoch);
    expect(root.aggregator.judgedEpoch).toBe(epoch - 1);
    while (root.aggregator.judgedEpoch < epoch && clock.now() < beganMs + epochMs) {
      clock.advance(100);
      await settle();
    }
    expect(clock.now() - beganMs).toBeLessThanOrEqual(7000);
    expect(root.aggregator.shards()).toMatchObject([
      { status: 'answering' },
      {
        shard: muteUrl,
        status: 'missing',
        reason: expect.stringMatching(/^it did not answer within \d+ ms$/),
      },
    ]);
  });

  test('tells what is wrong with a shard that is none, or does not let it in', async () => {
    const clock = clockAfterEpoch();
    const shard = await level(clock);
    const late = await level(new ManualClock(clock.wall() - 60_000));
    const root = await level(clock, {
      shards: [
        { url: shard.url, token: 'another' },
        { url: `${shard.url}/livez`, token: 'fleet-token' },
        { url: late.url, token: 'fleet-token' },
      ],
    });
    clock.advance(epochMs);
    await judged(clock, root, true);
    const { shards } = await root.ask('/v1/shards');
    expect((shards as { reason: string }[]).map(({ reason }) => reason)).toEqual([
      'it answers 401: give its token in token_file',
      'it answers 404: is it an aggregator, of this version?',
      expect.stringMatching(/^it has judged the epochs up to \d+, and not \d+ yet: is its clock behind\?$/),
    ]);
    expect(JSON.stringify(shards)).not.toContain('another');
  });
});
