/**
 * 10 GiB down and 10 GiB up through the proxy, beside a reader that takes next to nothing: every byte arrives and memory
 * stays flat. Two minutes of two cores, so only with MESHLOCK_SOAK_LARGE=1.
 */
import type { Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../build/executable.ts';
import { launchMeshlock, type Meshlock } from '../integration/process/meshlock.ts';
import { download, SlowReader, startEndlessUpstream, upload } from './endless.ts';

const gibi = 1024 ** 3;
const bytes = 10 * gibi;
const sampleMs = 500;
const maxGrowthMiB = 48;

describe.runIf(process.env['MESHLOCK_SOAK_LARGE'] === '1')('a body of 10 GiB', () => {
  let upstream: Server;
  let mesh: Meshlock;

  beforeAll(async () => {
    const started = await startEndlessUpstream(bytes);
    upstream = started.server;
    mesh = await launchMeshlock(
      {
        admin: '127.0.0.1:0',
        data_threads: 2,
        listeners: [{ name: 'web', address: '127.0.0.1:0', cluster: 'app' }],
        clusters: [{ name: 'app', endpoints: [started.port] }],
      },
      { program: join(repositoryRoot, 'dist', 'src', 'main.js') },
    );
  }, 30_000);

  afterAll(async () => {
    await mesh.dispose();
    upstream.close();
  });

  test.each([
    { way: 'down', run: (port: number) => download(port, bytes) },
    { way: 'up', run: async (port: number) => Number(await upload(port, bytes)) },
  ])('goes $way whole, in flat memory', async ({ way, run }) => {
    // Pools and compiled code have their size behind it.
    await Promise.all([download(mesh.port(), gibi / 4), upload(mesh.port(), gibi / 4)]);
    const slow = new SlowReader(mesh.port());
    const residentMiB: number[] = [];
    const sample = async (): Promise<void> => {
      slow.sip();
      residentMiB.push((await mesh.metrics()).sum('process_resident_memory_bytes') / 1048576);
    };
    await sample();
    const timer = setInterval(() => void sample(), sampleMs);
    const startedMs = performance.now();
    const arrived = await run(mesh.port()).finally(() => clearInterval(timer));
    const seconds = (performance.now() - startedMs) / 1000;
    const growth = Math.max(...residentMiB) - residentMiB[0]!;
    console.log(
      `${way}: ${seconds.toFixed(1)} s, ${(bytes / gibi / seconds).toFixed(2)} GiB/s, ` +
        `RSS ${residentMiB[0]!.toFixed(0)} MiB, at most ${growth.toFixed(0)} MiB more; slow reader: ${slow.received} bytes`,
    );
    expect(arrived).toBe(bytes);
    expect(growth).toBeLessThan(maxGrowthMiB);
    expect(slow.closed).toBe(false);
    expect(slow.received).toBeGreaterThan(0);
    slow.end();
  });
});
