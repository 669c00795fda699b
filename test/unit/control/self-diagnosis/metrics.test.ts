import { spawnSync } from 'node:child_process';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { readingTable } from '../../../../holmes/reading.ts';
import { HolmesMetrics } from '../../../../src/control/self-diagnosis/metrics.ts';
import { captureRecord, FakeMonitor } from './fake-monitor.ts';

function make(): { metrics: HolmesMetrics; monitor: FakeMonitor; lines: () => Promise<string[]> } {
  const registry = new Registry();
  const metrics = new HolmesMetrics(registry);
  const monitor = new FakeMonitor();
  const lines = async () =>
    (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return { metrics, monitor, lines };
}

const unitOf = (name: keyof typeof readingTable) => readingTable[name].unit;
const memoryLimit = () => 512 * 1024 * 1024;

const promtool = 'promtool';

describe('the metrics of holmes', () => {
  test('show readings in base units, by what they are, without those that could not be had', async () => {
    const { metrics, monitor, lines } = make();
    metrics.measure({ monitor, unitOf, memoryLimit });
    expect((await lines()).filter((line) => line.includes('_reading_'))).toEqual([
      'meshlock_holmes_reading_ratio{subject="data-1",reading="cpu"} 0.82',
      'meshlock_holmes_reading_seconds{subject="data-1",reading="event_loop_delay_p99"} 0.25',
      'meshlock_holmes_reading_number{subject="data-1",reading="handles"} 12',
    ]);
  });

  test('show beside them what they are compared with, and from where on they are captured', async () => {
    const { metrics, monitor, lines } = make();
    metrics.measure({ monitor, unitOf, memoryLimit });
    expect((await lines()).filter((line) => /_(average|limit)_.*reading=/.test(line))).toEqual([
      'meshlock_holmes_average_ratio{subject="data-1",reading="cpu"} 0.5',
      'meshlock_holmes_limit_ratio{subject="data-1",reading="cpu"} 0.625',
      'meshlock_holmes_limit_bytes{subject="data-1",reading="external_bytes"} 67108864',
      'meshlock_holmes_average_seconds{subject="data-1",reading="event_loop_delay_p99"} 0.2',
      'meshlock_holmes_limit_seconds{subject="data-1",reading="event_loop_delay_p99"} 0.25',
      'meshlock_holmes_average_number{subject="data-1",reading="handles"} 11',
    ]);
  });

  test('show a limit above nothing as such, in seconds too', async () => {
    const { metrics, monitor, lines } = make();
    const comparison = { subject: 'data-1', reading: 'event_loop_delay_p99', average: 0 } as const;
    monitor.comparisons = () => [{ ...comparison, limit: Number.MIN_VALUE }];
    metrics.measure({ monitor, unitOf, memoryLimit });
    const line = (await lines()).find((one) => one.startsWith('meshlock_holmes_limit_seconds'));
    expect(Number(line?.split(' ').at(-1))).toBeGreaterThan(0);
  });

  test('show no reading of a thread that has ended', async () => {
    const { metrics, monitor, lines } = make();
    metrics.measure({ monitor, unitOf, memoryLimit });
    monitor.subjectsNow = [{ ...monitor.subjectsNow[0]!, state: 'ended' }];
    expect((await lines()).filter((line) => line.includes('reading='))).toEqual([]);
  });

  test('count decisions, captures and pushes, and say what lies in the store', async () => {
    const { metrics, monitor, lines } = make();
    metrics.measure({ monitor, unitOf, memoryLimit });
    const { id, at } = captureRecord();
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'meshlock_holmes_decisions_total{subject="data-1",rule="cpu",verdict="capture"} 2',
        'meshlock_holmes_captures_total{subject="data-1",rule="cpu",kind="cpu",result="stored"} 1',
        'meshlock_holmes_pushed_total{result="sent"} 5',
        'meshlock_holmes_pushed_total{result="failed"} 1',
        'meshlock_holmes_pushed_total{result="dropped"} 0',
        'meshlock_holmes_store_evicted_captures_total 3',
        'meshlock_holmes_sample_cpu_seconds_total 0.25',
        'meshlock_memory_limit_bytes 536870912',
        'meshlock_holmes_store_captures 2',
        'meshlock_holmes_store_bytes 6',
        'meshlock_holmes_store_limit_bytes 268435456',
        'meshlock_holmes_store_unsaved_captures 1',
        `meshlock_holmes_last_capture_timestamp_seconds{subject="data-1",rule="cpu",kind="cpu",capture="${id}"} ${at / 1000}`,
      ]),
    );
  });

  test('keep what was counted when the monitor is replaced, and show no gauge while there is none', async () => {
    const { metrics, monitor, lines } = make();
    metrics.measure({ monitor, unitOf, memoryLimit });
    metrics.measure(null);
    const without = await lines();
    expect(without).toContain(
      'meshlock_holmes_captures_total{subject="data-1",rule="cpu",kind="cpu",result="stored"} 1',
    );
    expect(without.filter((line) => /reading=|_store_bytes|_timestamp_|_memory_limit_/.test(line))).toEqual(
      [],
    );
    const next = new FakeMonitor();
    next.figuresNow = {
      ...next.figuresNow,
      captures: [
        { subject: 'data-1', rule: 'cpu', kind: 'cpu', result: 'stored', count: 4 },
        { subject: 'data-1', rule: 'stall', kind: 'cpu', result: 'failed', count: 1 },
      ],
    };
    metrics.measure({ monitor: next, unitOf, memoryLimit });
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'meshlock_holmes_captures_total{subject="data-1",rule="cpu",kind="cpu",result="stored"} 5',
        'meshlock_holmes_captures_total{subject="data-1",rule="stall",kind="cpu",result="failed"} 1',
        'meshlock_holmes_decisions_total{subject="data-1",rule="cpu",verdict="capture"} 4',
        'meshlock_holmes_sample_cpu_seconds_total 0.5',
        'meshlock_holmes_pushed_total{result="sent"} 10',
        'meshlock_holmes_store_evicted_captures_total 6',
      ]),
    );
  });

  test('read the monitor once for a scrape, and again for the next', async () => {
    const { metrics, monitor, lines } = make();
    let looks = 0;
    const figures = () => {
      looks++;
      return monitor.figuresNow;
    };
    metrics.measure({
      monitor: { figures, rings: () => [], subjects: () => [], comparisons: () => [] },
      unitOf,
      memoryLimit,
    });
    await lines();
    expect(looks).toBe(1);
    await lines();
    expect(looks).toBe(2);
  });

  const withoutPromtool = spawnSync(promtool, ['--version']).error !== undefined;
  test.skipIf(withoutPromtool)('pass promtool check metrics', async () => {
    const registry = new Registry();
    new HolmesMetrics(registry).measure({ monitor: new FakeMonitor(), unitOf, memoryLimit });
    const { status, stderr } = spawnSync(promtool, ['check', 'metrics'], {
      input: await registry.metrics(),
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });
});
