/**
 * A minute under load, while each second the configuration is another one and the endpoints come, go, fall ill and
 * crash: no request is lost, memory stays, and nothing is left behind.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../build/executable.ts';
import { becomesTrue } from '../integration/process/eventually.ts';
import { launchMeshlock, type Meshlock } from '../integration/process/meshlock.ts';
import { Monotone } from '../integration/process/samples.ts';
import { soakConfiguration } from './configuration.ts';
import { Flapping } from './flapping.ts';
import { SoakLoad } from './load.ts';
import { SoakUpstream } from './upstream.ts';

const rounds = Number(process.env['MESHLOCK_SOAK_SECONDS'] ?? 60);
/** Caches, pools and compiled code have their size by then. */
const warmUpShare = 0.4;
const maxGrowthMiB = 40;

const app = ['a', 'b', 'c', 'd'].map((name) => new SoakUpstream(name));
const crashing = ['x', 'y', 'z'].map((name) => new SoakUpstream(name));
let mesh: Meshlock;

beforeAll(async () => {
  for (const upstream of [...app, ...crashing]) await upstream.start();
  const ports = { app: app.map(({ port }) => port), crashing: crashing.map(({ port }) => port) };
  mesh = await launchMeshlock((directory) => soakConfiguration(0, ports, directory), {
    program: join(repositoryRoot, 'dist', 'src', 'main.js'),
  });
}, 30_000);

afterAll(async () => {
  await mesh.dispose();
  for (const upstream of [...app, ...crashing]) await upstream.crash();
});

describe('a minute of reloads under load', () => {
  test('loses no request, no memory and no place in any gauge', async () => {
    const load = new SoakLoad(mesh.port());
    const flapping = new Flapping(app, crashing);
    const monotone = new Monotone();
    const residentBytes: number[] = [];
    load.start();
    for (let round = 1; round <= rounds; round++) {
      const secondIsOver = pause(1000);
      const from = mesh.log.lines.length;
      await mesh.write(soakConfiguration(round, await flapping.before(round), mesh.directory));
      // By the file's change, by signal, and by both.
      if (round % 2 === 0) mesh.signal('SIGHUP');
      await mesh.log.line(/^configuration \d+ is in force$/, from);
      await flapping.after(round);
      const metrics = await mesh.metrics();
      monotone.take(metrics);
      residentBytes.push(metrics.sum('process_resident_memory_bytes'));
      await secondIsOver;
    }
    await load.stop();

    const figures = {
      requests: load.total,
      ...load.answered,
      failed: load.failed,
      leaves: flapping.leaves,
      crashes: flapping.crashes,
      illnesses: flapping.illnesses,
      reloads: (await mesh.metrics()).sum('meshlock_config_reloads_total', { result: 'success' }),
      retries: (await mesh.metrics()).sum('meshlock_cluster_retries_total'),
      ...memoryFigures(residentBytes),
    };
    console.log(figures);
    expect(load.failures).toEqual([]);
    expect(mesh.log.matching(/refused|crashed|stalled|ran out/)).toEqual([]);
    expect(monotone.fallen).toEqual([]);
    expect(figures.reloads).toBeGreaterThanOrEqual(rounds);
    for (const [kind, answered] of Object.entries(load.answered)) {
      expect(answered, kind).toBeGreaterThan(rounds * 10);
    }
    expect(figures.growthMiB).toBeLessThan(maxGrowthMiB);
    await gaugesReturn();
    expect(await mesh.stop()).toEqual({ code: 0, signal: null });
  });
});

interface MemoryFigures {
  readonly earlyMiB: number;
  readonly lateMiB: number;
  readonly peakMiB: number;
  readonly growthMiB: number;
}

/** Medians of the time behind the warm-up: of its first and of its last quarter. */
function memoryFigures(residentBytes: readonly number[]): MemoryFigures {
  const settled = residentBytes.slice(Math.floor(residentBytes.length * warmUpShare));
  const quarter = Math.ceil(settled.length / 4);
  const earlyMiB = mebi(median(settled.slice(0, quarter)));
  const lateMiB = mebi(median(settled.slice(-quarter)));
  return { earlyMiB, lateMiB, peakMiB: mebi(Math.max(...residentBytes)), growthMiB: lateMiB - earlyMiB };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function mebi(bytes: number): number {
  return Math.round(bytes / 1048576);
}

/** Every gauge of something that is under way; retired listeners and pools have a moment to end. */
async function gaugesReturn(): Promise<void> {
  let held: string[] = [];
  await becomesTrue(
    async () => {
      const samples = await mesh.metrics();
      held = samples.all
        .filter(({ name, value }) => /_(active|pending)$/.test(name) && value !== 0)
        .map(({ name, labels, value }) => `${name}${JSON.stringify(labels)} ${value}`);
      return held.length === 0;
    },
    () => `gauges to return to 0: ${held.join(', ')}`,
  );
}
