import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Aggregator } from '../../../../health/aggregate/aggregator.ts';
import { type AggregateSettings, defaultAggregateSettings } from '../../../../health/aggregate/settings.ts';
import { silentLog } from '../../../../health/log.ts';
import type { EpochReport } from '../../../../health/observe/epoch-report.ts';
import { epochMs, epochOf } from '../../../../health/observe/viewpoint.ts';
import type { ManualClock } from '../../holmes/manual-clock.ts';
import { calleeReport, callerReport, clockAfterEpoch, peer } from './fleet.ts';

const web = [peer('web-1', 'web'), peer('web-2', 'web')];
const old = [peer('cart-1', 'cart', '1', 'r.1'), peer('cart-2', 'cart', '1', 'r.1')];
const canary = [peer('cart-3', 'cart', '2', 'r.2'), peer('cart-4', 'cart', '2', 'r.2')];
const ended: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

async function opened(clock: ManualClock, overrides: Partial<AggregateSettings> = {}): Promise<Aggregator> {
  const settings = { ...defaultAggregateSettings, ...overrides };
  const aggregator = new Aggregator({ settings, clock, log: silentLog });
  await aggregator.open();
  ended.push(() => aggregator.close());
  return aggregator;
}

async function journalSettings(compactBytes = 1 << 20): Promise<AggregateSettings['journal']> {
  const folder = await mkdtemp(join(tmpdir(), 'meshlock-aggregate-'));
  ended.push(() => rm(folder, { recursive: true }));
  return { ...defaultAggregateSettings.journal, path: join(folder, 'journal'), compactBytes };
}

/** Reports on the epoch that was closed last; `failing` of 100 calls to each node of the canary fail. */
function fleetReports(clock: ManualClock, failing = 0): readonly EpochReport[] {
  const epoch = epochOf(clock.wall()) - 1;
  return [
    ...callerReports(clock, failing),
    ...[...old, ...canary].map((callee) =>
      calleeReport(callee, epoch, { callers: web, calls: 100, failedHere: 0 }),
    ),
  ];
}

/** Those of the callers alone. */
function callerReports(clock: ManualClock, failing = 0): readonly EpochReport[] {
  const epoch = epochOf(clock.wall()) - 1;
  return web.map((caller) =>
    callerReport(caller, epoch, [
      ...old.map((callee) => ({ callee, calls: 100, failures: 0 })),
      ...canary.map((callee) => ({ callee, calls: 100, failures: failing })),
    ]),
  );
}

/** The epoch under way ends, its reports come, and it is judged. */
function passEpoch(
  aggregator: Aggregator,
  clock: ManualClock,
  reports: (clock: ManualClock) => readonly EpochReport[],
): void {
  clock.advance(epochMs - (clock.wall() % epochMs) + 1000);
  for (const report of reports(clock)) expect(aggregator.receive(report, null).reason).toBe('');
  clock.advance(4500);
}

describe('Aggregator', () => {
  test('counts a report once, however often it comes', async () => {
    const clock = clockAfterEpoch();
    const aggregator = await opened(clock);
    const [report] = callerReports(clock);
    expect(aggregator.accept(report!)).toBe('accepted');
    expect(aggregator.accept(structuredClone(report!))).toBe('duplicate');
    expect(aggregator.accept({ ...report!, incarnation: 2 })).toBe('accepted');
    expect(aggregator.accept({ ...report!, viewpoints: ['caller'], edges: [], totals: [] })).toBe('accepted');
    expect(aggregator.accept({ ...report!, viewpoints: ['caller', 'callee'] })).toBe('duplicate');
    expect(aggregator.figures().reports).toEqual({ accepted: 3, duplicate: 2, too_old: 0, refused: 0 });
  });

  test('refuses the report of a node whose clock is more than an epoch ahead or behind, and says why', async () => {
    const clock = clockAfterEpoch();
    const aggregator = await opened(clock);
    const [report] = callerReports(clock);
    const ahead = { ...report!, epoch: epochOf(clock.wall()) + 1 };
    expect(aggregator.receive(ahead, null)).toEqual({
      result: 'refused',
      reason: `the clock of web-1 is 14.5 s ahead, by its epoch ${ahead.epoch}`,
    });
    const slow = clock.wall() - epochMs - 1;
    expect(aggregator.receive(report!, slow).reason).toBe('the clock of web-1 is 10.0 s behind');
    expect(aggregator.receive(report!, clock.wall() - epochMs).result).toBe('accepted');
    expect(aggregator.receive({ ...report!, epoch: report!.epoch - 91 }, null).result).toBe('too_old');
  });

  test('takes reports that are always late by the same time for a slow clock, and not those after an outage', async () => {
    const clock = clockAfterEpoch();
    const aggregator = await opened(clock);
    const results: string[] = [];
    for (let n = 0; n < 9; n++) {
      const [report] = callerReports(clock);
      results.push(aggregator.accept({ ...report!, epoch: report!.epoch - 3 }));
      clock.advance(epochMs);
    }
    expect(results.slice(0, 6)).toEqual(Array.from({ length: 6 }, () => 'accepted'));
    expect(results.slice(7)).toEqual(['refused', 'refused']);
    expect(aggregator.nodes()).toMatchObject([
      { node: 'web-1', status: 'refused', refusal: expect.stringContaining('its clock is behind') as string },
    ]);
    const [backlog] = callerReports(clock);
    for (let age = 8; age >= 0; age--) {
      const report = { ...backlog!, node: web[1]!, epoch: backlog!.epoch - age };
      expect(aggregator.accept(report)).toBe('accepted');
    }
  });

  test('knows who is missing and who is late', async () => {
    const clock = clockAfterEpoch();
    const aggregator = await opened(clock);
    passEpoch(aggregator, clock, callerReports);
    passEpoch(aggregator, clock, (at) => callerReports(at).slice(0, 1));
    const statuses = () => Object.fromEntries(aggregator.nodes().map(({ node, status }) => [node, status]));
    expect(statuses()).toEqual({ 'web-1': 'reporting', 'web-2': 'missing' });
    expect(aggregator.nodes()[1]).toMatchObject({ missingEpochs: 1, lateReports: 0 });
    expect(aggregator.figures().missingNodes).toBe(1);
    expect([...aggregator.evidence(aggregator.judgedEpoch, aggregator.judgedEpoch).missing]).toEqual([
      ['web-2', 1],
    ]);
    const [, late] = callerReports(clock);
    expect(aggregator.accept(late!)).toBe('accepted');
    expect(statuses()).toEqual({ 'web-1': 'reporting', 'web-2': 'late' });
    expect(aggregator.nodes()[1]).toMatchObject({ missingEpochs: 0, lateReports: 1 });
  });

  test('does not wait for a node that was silent for five minutes', async () => {
    const clock = clockAfterEpoch();
    const aggregator = await opened(clock);
    passEpoch(aggregator, clock, callerReports);
    for (let n = 0; n < 30; n++) passEpoch(aggregator, clock, (at) => callerReports(at).slice(0, 1));
    expect(aggregator.nodes().map(({ node }) => node)).toEqual(['web-1']);
  });

  test('names the module that breaks calls, keeps since when, and lets go when it is well again', async () => {
    const clock = clockAfterEpoch();
    const aggregator = await opened(clock);
    const reports = (broken: number) => (at: ManualClock) => {
      const epoch = epochOf(at.wall()) - 1;
      return [
        ...web.map((caller) =>
          callerReport(caller, epoch, [
            ...old.map((callee) => ({ callee, calls: 100, failures: callee === old[0] ? broken : 0 })),
            ...canary.map((callee) => ({ callee, calls: 100, failures: 0 })),
          ]),
        ),
        ...[...old, ...canary].map((callee) =>
          calleeReport(callee, epoch, {
            callers: web,
            calls: 100,
            failedHere: callee === old[0] ? broken : 0,
          }),
        ),
      ];
    };
    passEpoch(aggregator, clock, reports(0));
    expect(aggregator.suspects()).toEqual([]);
    for (let n = 0; n < 6; n++) passEpoch(aggregator, clock, reports(20));
    expect(aggregator.suspects()[0]).toMatchObject({ node: 'cart-1', service: 'cart', version: '1' });
    const { since, lastSeen } = aggregator.suspectViews()[0]!;
    expect(lastSeen).toBe((aggregator.judgedEpoch + 1) * epochMs);
    expect(since).toBeLessThan(lastSeen);
    for (let n = 0; n < 6; n++) passEpoch(aggregator, clock, reports(0));
    expect(aggregator.suspects()).toEqual([]);
    expect(aggregator.suspectViews()[0]).toMatchObject({ node: 'cart-1', active: false, since });
  });

  test('fails a release that is worse, names what it compares, and passes one that is not', async () => {
    const clock = clockAfterEpoch();
    const bad = await opened(clock);
    for (let n = 0; n < 12; n++) passEpoch(bad, clock, (at) => fleetReports(at, 10));
    const verdict = bad.verdict({ release: 'r.2' });
    expect(verdict).toMatchObject({
      verdict: 'fail',
      wouldBe: 'rollback',
      action: 'continue',
      release: { id: 'r.2', service: 'cart', version: '2', order: 'r', iteration: '2' },
      evidence: {
        canary: { version: '2', calls: 12 * 400, failures: 12 * 40, nodes: 2 },
        baseline: { version: '1', calls: 12 * 400, failures: 0 },
      },
    });
    expect(bad.verdict({ release: 'r.2', service: 'web' })).toBeNull();
    expect(bad.verdict({ release: 'nobody' })).toBeNull();
    const since = clock.wall() - 2 * epochMs;
    expect(bad.verdict({ release: 'r.2', since })?.evidence.canary.calls).toBeLessThan(12 * 400);

    const good = await opened(clock);
    for (let n = 0; n < 12; n++) passEpoch(good, clock, (at) => fleetReports(at));
    expect(good.verdict({ release: '2', service: 'cart' })?.verdict).toBe('pass');
  });

  test('gives the same verdict after a restart, and does not count what was sent again', async () => {
    const clock = clockAfterEpoch();
    const journal = await journalSettings();
    const first = await opened(clock, { journal });
    for (let n = 0; n < 12; n++) passEpoch(first, clock, (at) => fleetReports(at, 10));
    const before = first.verdict({ release: 'r.2' });
    const again = fleetReports(clock, 10);
    await first.close();
    const second = await opened(clock, { journal });
    for (const report of again) expect(second.accept(report)).toBe('duplicate');
    const after = second.verdict({ release: 'r.2' });
    // Who is to blame needs new reports, what was counted does not.
    expect(after).toMatchObject({ verdict: before?.verdict, evidence: before?.evidence });
    expect(second.suspects()).toEqual([]);
    expect(before?.verdict).toBe('fail');
  });

  test('starts with all but the last epoch when the journal is torn', async () => {
    const clock = clockAfterEpoch();
    const journal = await journalSettings();
    const first = await opened(clock, { journal });
    for (let n = 0; n < 8; n++) passEpoch(first, clock, (at) => fleetReports(at));
    await first.close();
    await truncate(journal.path, (await readFile(journal.path)).length - 3);
    const second = await opened(clock, { journal });
    expect(second.figures().journal.tornBytes).toBeGreaterThan(0);
    expect(second.verdict({ release: 'r.2' })?.evidence.canary.calls).toBe(7 * 400);
  });

  test('rewrites the journal when it has grown, and loses nothing by it', async () => {
    const clock = clockAfterEpoch();
    const journal = await journalSettings(4096);
    const first = await opened(clock, { journal });
    for (let n = 0; n < 40; n++) {
      passEpoch(first, clock, (at) => fleetReports(at, 1));
      await first.saved();
    }
    expect(first.figures().journal.compactions).toBeGreaterThan(0);
    const before = first.verdict({ release: 'r.2' });
    await first.close();
    const second = await opened(clock, { journal });
    // Suspects are made of reports, and these are not in the journal.
    expect(before?.suspects.map(({ version }) => version)).toContain('2');
    const { evidence, verdict, score, release } = before!;
    expect(second.verdict({ release: 'r.2' })).toMatchObject({ evidence, verdict, score, release });
    expect(evidence.canary.calls).toBe(40 * 400);
  });

  test('takes the release that a pipeline names for the version that came last', async () => {
    const clock = clockAfterEpoch();
    const journal = await journalSettings();
    const first = await opened(clock, { journal });
    const oldOnly = (at: ManualClock) =>
      old.map((node) =>
        calleeReport(node, epochOf(at.wall()) - 1, { callers: web, calls: 1, failedHere: 0 }),
      );
    for (let n = 0; n < 7; n++) passEpoch(first, clock, oldOnly);
    expect(first.newest('cart')?.version).toBe('1');
    passEpoch(first, clock, callerReports);
    first.note({
      service: 'cart',
      namespace: 'shop',
      phase: 'Progressing',
      release: 'order-7',
      version: '2',
      message: 'go',
    });
    expect(first.verdict({ release: 'order-7' })?.release.version).toBe('2');
    await first.close();
    const second = await opened(clock, { journal });
    expect(second.verdict({ release: 'order-7' })?.release.version).toBe('2');
    expect(second.events()).toMatchObject([{ service: 'cart', release: 'order-7', message: 'go' }]);
  });

  test('stays within its bounds with 10,000 nodes, and refuses the next one', async () => {
    const clock = clockAfterEpoch();
    const window = { ...defaultAggregateSettings.window, maxBytes: 20 * 1024 * 1024 };
    const aggregator = await opened(clock, { window });
    const counts = [{ callee: old[0]!, calls: 10, failures: 0 }];
    for (let round = 0; round < 3; round++) {
      const epoch = epochOf(clock.wall()) - 1;
      const results = new Set<string>();
      for (let n = 0; n < 10_000; n++)
        results.add(aggregator.accept(callerReport(peer(`web-${n}`, 'web'), epoch, counts)));
      expect([...results]).toEqual(['accepted']);
      expect(aggregator.figures().windowBytes).toBeLessThanOrEqual(window.maxBytes);
      const one = callerReport(peer('one-more', 'web'), epoch, counts);
      expect(aggregator.receive(one, null)).toEqual({
        result: 'refused',
        reason: '10000 nodes report already',
      });
      if (round < 2) clock.advance(epochMs);
    }
    // There is room for two epochs of so many nodes: the newest, which the next inference reads.
    expect(aggregator.figures()).toMatchObject({ nodes: 10_000, missingNodes: 0, evictedEpochs: 1 });
    expect(aggregator.figures().ledgerRows).toBe(6);
    const tooOld = callerReport(peer('web-1', 'web'), epochOf(clock.wall()) - 3, counts);
    expect(aggregator.accept(tooOld)).toBe('too_old');
  });

  test('does not guess which of two versions that were there from the start is the new one', async () => {
    const clock = clockAfterEpoch();
    const aggregator = await opened(clock);
    for (let n = 0; n < 3; n++) passEpoch(aggregator, clock, (at) => fleetReports(at, 20));
    expect(aggregator.newest('cart')).toBeUndefined();
    expect(aggregator.newest('web')?.version).toBe('1');
    expect(aggregator.underWay()).toEqual([]);
    expect(aggregator.verdict({ release: 'r.2' })?.verdict).toBe('fail');
  });

  test('leaves no timer behind and takes nothing more when it is closed', async () => {
    const clock = clockAfterEpoch();
    const aggregator = await opened(clock);
    expect(clock.timers).toBe(1);
    await aggregator.close();
    expect(clock.timers).toBe(0);
    expect(aggregator.accept(callerReports(clock)[0]!)).toBe('refused');
  });
});
