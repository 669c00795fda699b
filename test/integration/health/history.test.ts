/** Hours of calls, read back from real engines: to the call what was called, and enough to judge a release by. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../health/clock.ts';
import { HistoryClient } from '../../../health/history/history-client.ts';
import { readReleaseHistory } from '../../../health/history/release-history.ts';
import { epochMs, epochOf } from '../../../health/observe/viewpoint.ts';
import { judgeRelease } from '../../../health/verdict/judge-release.ts';
import type { ReleaseWindow } from '../../../health/verdict/release-input.ts';
import { defaultVerdictSettings } from '../../../health/verdict/verdict-settings.ts';
import { type MinuteOfCalls, meshPast } from './mesh-past.ts';
import { isInstalled, type PromqlEngine, startPrometheus, startVictoriaMetrics } from './promql-engine.ts';

// Old enough that no engine treats it as still coming in.
const past = meshPast(Math.floor(Date.now() / 60_000) * 60_000 - 4 * 3_600_000);

const engines = [
  { name: 'Prometheus', program: 'prometheus', start: () => startPrometheus({ past: past.text }) },
  {
    name: 'VictoriaMetrics',
    program: 'victoria-metrics',
    start: () => startVictoriaMetrics({ past: past.text }),
  },
];

/** Epoch to counts by version, summed over what the viewpoint tells apart. */
function byMinute(windows: readonly ReleaseWindow[]): Map<number, Record<string, MinuteOfCalls>> {
  return new Map(
    windows.map(({ epoch, strata }) => [
      epoch,
      Object.fromEntries(
        strata.map(({ version, calls, failures }) => [version, { version, calls, failures }]),
      ),
    ]),
  );
}

const expected = new Map(
  [...past.minutes].map(([endMs, rows]) => [
    epochOf(endMs - 60_000),
    Object.fromEntries(rows.map((row) => [row.version, row])),
  ]),
);

for (const { name, program, start } of engines) {
  const note = isInstalled(program) ? '' : ` (skipped: Debian's package ${program} is not installed)`;
  describe.skipIf(note !== '')(`the history in ${name}${note}`, () => {
    let engine: PromqlEngine | undefined;
    let client: HistoryClient;

    beforeAll(async () => {
      engine = await start();
      client = new HistoryClient({ url: engine.url, clock: systemClock });
    });
    afterAll(async () => {
      client?.close();
      await engine?.stop();
    });

    test('has every call of four hours, over a new version and a restart', async () => {
      const { windows } = await readReleaseHistory(client, { service: 'cart', untilMs: past.toMs, hours: 4 });
      expect(windows).toHaveLength(240);
      expect(byMinute(windows)).toEqual(expected);
      const last = windows.at(-1)?.strata.find(({ version }) => version === '2');
      expect(last).toMatchObject({ callerService: 'web', calleeService: 'cart', calls: 20, failures: 4 });
      expect([...(last?.nodes ?? [])].sort((a, b) => a.node.localeCompare(b.node))).toEqual([
        { node: 'cart-3', calls: 10, failures: 2 },
        { node: 'cart-4', calls: 10, failures: 2 },
      ]);
    });

    test('has the same calls as the called nodes counted them', async () => {
      const { windows } = await readReleaseHistory(client, {
        service: 'cart',
        untilMs: past.toMs,
        // From a minute in which the nodes of the new version were there already.
        hours: 2,
        viewpoint: 'inbound_downstream',
        labels: { job: 'mesh' },
      });
      const from = epochOf(past.toMs - 2 * 3_600_000);
      expect(windows).toHaveLength(120);
      expect(byMinute(windows)).toEqual(new Map([...expected].filter(([epoch]) => epoch >= from)));
    });

    test('is enough to judge a release by', async () => {
      const { windows, toMs } = await readReleaseHistory(client, {
        service: 'cart',
        untilMs: past.toMs,
        hours: 4,
      });
      const verdict = judgeRelease(
        {
          release: { id: 'r2', service: 'cart', version: '2', order: '', iteration: '' },
          baselineVersion: '1',
          windows,
          stepEnds: null,
          fleet: { nodes: 4, canaryNodes: 2, touched: 0 },
          suspects: [],
          asOf: toMs,
          lastEpoch: epochOf(toMs - epochMs),
        },
        { ...defaultVerdictSettings, dryRun: false },
      );
      expect(verdict.verdict).toBe('fail');
      expect(verdict.evidence.canary).toMatchObject({ version: '2', calls: 3600, failures: 720, nodes: 2 });
    });

    test('has nothing of what was never called', async () => {
      const nobody = await readReleaseHistory(client, { service: 'stock', untilMs: past.toMs, hours: 4 });
      expect(nobody.windows).toEqual([]);
      const before = await readReleaseHistory(client, {
        service: 'cart',
        untilMs: past.fromMs - 3_600_000,
        hours: 1,
      });
      expect(before.windows).toEqual([]);
    });

    test('refuses a query that it does not understand, in its own words', async () => {
      await expect(client.instant('sum(((')).rejects.toMatchObject({
        problem: 'query',
        message: expect.stringMatching(/answers 4\d\d \(.*pars.*\): correct the query$/),
      });
    });

    test('answers numbers that are none', async () => {
      const [scalar] = await client.instant('1 / 0');
      expect(scalar).toMatchObject({ labels: {}, points: [[expect.any(Number), Number.POSITIVE_INFINITY]] });
    });
  });
}
