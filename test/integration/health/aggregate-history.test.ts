/** An aggregator that has lost, or never had, the hours before: what a real Prometheus knows of them, and how it says so. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Aggregator } from '../../../health/aggregate/aggregator.ts';
import { parseAggregateSettings } from '../../../health/aggregate/parse-settings.ts';
import { AggregateServer } from '../../../health/aggregate/server.ts';
import type { HealthLog } from '../../../health/log.ts';
import { epochMs, epochOf } from '../../../health/observe/viewpoint.ts';
import { calleeReport, callerReport, peer } from '../../unit/health/aggregate/fleet.ts';
import { ManualClock } from '../../unit/holmes/manual-clock.ts';
import { meshPast } from './mesh-past.ts';
import { isInstalled, type PromqlEngine, startPrometheus } from './promql-engine.ts';

// Of its two versions the second came three hours before the end, and fails one call in five.
const past = meshPast(Math.floor(Date.now() / 60_000) * 60_000 - 4 * 3_600_000);
const web = peer('web-1', 'web');
const callees = [1, 2, 3, 4].map((n) => peer(`cart-${n}`, 'cart', n > 2 ? '2' : '1', n > 2 ? 'r.2' : 'r.1'));

interface Running {
  readonly aggregator: Aggregator;
  readonly clock: ManualClock;
  readonly warnings: readonly string[];
  readonly ask: (path: string) => Promise<Record<string, unknown> & string>;
  /** An epoch passes in which the caller tells of healthy calls to both versions. */
  readonly passEpoch: () => void;
}

const note = isInstalled('prometheus') ? '' : ` (skipped: Debian's package prometheus is not installed)`;

describe.skipIf(note !== '')(`an aggregator with a Prometheus behind it${note}`, () => {
  let engine: PromqlEngine;

  beforeAll(async () => {
    engine = await startPrometheus({ past: past.text });
  });
  afterAll(async () => {
    await engine?.stop();
  });

  /** Started, without a journal, a minute after the end of what Prometheus knows. */
  async function started(): Promise<Running> {
    const settings = parseAggregateSettings({
      listen: '127.0.0.1:0',
      history: { url: engine.url, lookback: '8h' },
      verdict: { dry_run: false },
    });
    const clock = new ManualClock(past.toMs + 61_000);
    const warnings: string[] = [];
    const log: HealthLog = { info() {}, warn: (message) => void warnings.push(message) };
    const aggregator = new Aggregator({ settings, clock, log });
    const server = new AggregateServer({ aggregator, settings, clock, log });
    await aggregator.open();
    onTestFinished(() => aggregator.close());
    const { port } = await server.listen();
    onTestFinished(() => server.close());
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      const isJson = response.headers.get('content-type') === 'application/json';
      return (isJson ? await response.json() : await response.text()) as Record<string, unknown> & string;
    };
    const passEpoch = () => {
      clock.advance(epochMs - (clock.wall() % epochMs) + 1000);
      const counts = callees.map((callee) => ({ callee, calls: 10, failures: 0 }));
      const epoch = epochOf(clock.wall()) - 1;
      const served = { callers: [web], calls: 10, failedHere: 0 };
      const reports = [
        callerReport(web, epoch, counts),
        ...callees.map((one) => calleeReport(one, epoch, served)),
      ];
      for (const report of reports) expect(aggregator.accept(report)).toBe('accepted');
      clock.advance(4500);
    };
    return { aggregator, clock, warnings, ask, passEpoch };
  }

  const verdictPath = '/v1/releases/r.2/verdict?service=cart';

  test('knows after a restart without a journal which version is the new one, and that it is bad', async () => {
    const { aggregator, ask, passEpoch } = await started();
    passEpoch();
    // In the same turn: an answer waits for nothing.
    const early = aggregator.verdict({ release: 'r.2', service: 'cart' });
    expect(early).toMatchObject({ verdict: 'inconclusive', evidence: { canary: { calls: 20 } } });
    expect(early?.reasons).toContain(
      `Minutes without reports are left out: the history (${engine.url}/) is being read.`,
    );
    // Which of the two came last nobody can tell yet.
    expect(aggregator.underWay()).toEqual([]);

    await aggregator.pastRead();
    const verdict = await ask(verdictPath);
    const time = (ms: number) => new Date(ms).toISOString().replace(':00.000Z', 'Z');
    expect(verdict).toMatchObject({
      verdict: 'fail',
      action: 'rollback',
      evidence: {
        canary: { version: '2', calls: 3620, failures: 720, nodes: 2 },
        baseline: { version: '1' },
      },
    });
    const from = time(past.fromMs + 30 * 60_000);
    expect(verdict['reasons']).toContainEqual(
      expect.stringMatching(
        new RegExp(
          `^[\\d,]+ calls of 210 minutes without reports, ${from} to ${time(past.toMs)}, come from history \\(${engine.url}/\\)\\.$`,
        ),
      ),
    );
    expect(await ask('/v1/releases')).toMatchObject({
      count: 1,
      releases: [{ service: 'cart', version: '2', release: 'r.2', verdict: { verdict: 'fail' } }],
      history: { engine: `${engine.url}/`, state: 'ok', reason: '', services: 1 },
    });
    // Whom to blame is no question to history.
    expect(aggregator.suspects()).toEqual([]);
    const figures = await ask('/metrics');
    expect(figures).toContain('meshlock_aggregate_history_up 1\n');
    expect(figures).toContain('meshlock_aggregate_history_reads_total{result="ok"} 1\n');
    expect(figures).toContain(
      'meshlock_release_failures{service="cart",version="2",release="r.2",arm="canary"} 720\n',
    );
  });

  test('leaves out what was before `since`', async () => {
    const { aggregator, ask, passEpoch } = await started();
    passEpoch();
    await aggregator.pastRead();
    const since = `${verdictPath}&since=${past.toMs - 10 * 60_000}`;
    await ask(since);
    await aggregator.pastRead();
    expect(await ask(since)).toMatchObject({
      evidence: { canary: { calls: 10 * 20 + 20, failures: 10 * 4 } },
    });
    const now = `${verdictPath}&since=${past.toMs + 60_000}`;
    const { evidence, reasons } = await ask(now);
    expect(evidence).toMatchObject({ canary: { calls: 20, failures: 0 } });
    expect(JSON.stringify(reasons)).not.toContain('history');
  });

  test('judges a release that nobody reports any more', async () => {
    const { aggregator, ask } = await started();
    const path = '/v1/releases/2/verdict?service=cart';
    const early = await ask(path);
    expect(early).toMatchObject({ verdict: 'inconclusive', evidence: { canary: { calls: 0 } } });
    expect(early['reasons']).toHaveLength(2);
    await aggregator.pastRead();
    expect(await ask(path)).toMatchObject({
      verdict: 'fail',
      evidence: { canary: { calls: 3600, failures: 720 } },
    });
  });

  test('goes on without it when it fails, and says so: once in the log, and in each answer', async () => {
    const { aggregator, clock, ask, passEpoch, warnings } = await started();
    passEpoch();
    await aggregator.pastRead();
    await engine.stop();
    const lost = await started();
    lost.passEpoch();
    await lost.aggregator.pastRead();
    const verdict = await lost.ask(verdictPath);
    expect(verdict).toMatchObject({ verdict: 'inconclusive', evidence: { canary: { calls: 20 } } });
    expect(verdict['reasons']).toContainEqual(
      expect.stringMatching(
        /^Minutes without reports are left out: the history cannot be read \(.*cannot be reached/,
      ),
    );
    expect(await lost.ask('/v1/releases')).toMatchObject({ history: { state: 'failing' } });
    expect(await lost.ask('/metrics')).toContain('meshlock_aggregate_history_up 0\n');
    for (let n = 0; n < 12; n++) {
      lost.passEpoch();
      await lost.aggregator.pastRead();
    }
    expect(lost.warnings).toEqual(['the history cannot be read']);
    // After 10, 20, 40 and 80 seconds, not each time somebody wants it.
    expect(await lost.ask('/metrics')).toContain(
      'meshlock_aggregate_history_reads_total{result="failed"} 4\n',
    );

    // What was read before stays, and is said to be of before.
    clock.advance(11 * 60_000);
    await aggregator.pastRead();
    const kept = await ask(verdictPath);
    expect(kept).toMatchObject({ verdict: 'fail', evidence: { canary: { failures: 720 } } });
    expect(kept['reasons']).toContainEqual(expect.stringContaining('The history was read some time ago'));
    expect(warnings).toEqual(['the history cannot be read']);
  });
});
