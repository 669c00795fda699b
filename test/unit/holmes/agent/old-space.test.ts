import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { type HeapSetup, oldSpaceLimit } from '../../../../holmes/agent/old-space.ts';

const mebibyte = 1024 * 1024;
const machine = 24_105 * mebibyte;

function limitMb(heapSizeLimitMb: number, rest: Partial<HeapSetup>): number {
  const setup = { youngGenerationMb: null, flags: [], physicalBytes: machine, ...rest };
  return oldSpaceLimit({ heapSizeLimit: heapSizeLimitMb * mebibyte, ...setup }) / mebibyte;
}

describe('the limit of old space', () => {
  // Read from Node 24.21: heap_size_limit, and a worker's resourceLimits for what the old generation has.
  test.each([
    ['of a large machine', 4288, machine, 4096],
    ['of 8 GiB', 2240, 8192 * mebibyte, 2048],
    ['of 3000 MiB', 1692, 3000 * mebibyte, 1500],
    ['of 1 GiB', 560, 1024 * mebibyte, 512],
    ['of 700 MiB', 398, 700 * mebibyte, 350],
    ['of 128 MiB', 259, 128 * mebibyte, 256],
  ])('is right by default in a container %s', (_, heapSizeLimit, physicalBytes, expected) => {
    expect(limitMb(heapSizeLimit, { physicalBytes })).toBe(expected);
  });

  test.each([
    ['--max-old-space-size=200', 392, 200],
    ['--max_old_space_size=200', 392, 200],
    ['--max-old-space-size-percentage=10', 2602, 2410],
    ['--max-semi-space-size=16', 4144, 4096],
    ['--max-semi-space-size=24', 4192, 4096],
    ['--max_semi_space_size=1', 4099, 4096],
  ])('is right under %s', (flag, heapSizeLimit, expected) => {
    expect(limitMb(heapSizeLimit, { flags: ['', '--import=x', flag] })).toBe(expected);
  });

  test('is right for a worker with limits of its own', () => {
    expect(limitMb(88, { youngGenerationMb: 16 })).toBe(64);
    expect(limitMb(398, { youngGenerationMb: 33 })).toBe(350);
    expect(limitMb(4288, { youngGenerationMb: 192 })).toBe(4096);
  });

  test('is never none', () => {
    expect(limitMb(100, { youngGenerationMb: 192 })).toBe(100);
  });
});

const deathsDoor: readonly [number, number] = [0.9, 1.02];

describe('the share of old space', () => {
  test('is near 1 when a worker dies of its limits', { timeout: 60_000 }, async () => {
    const worker = new Worker(new URL('./fixtures/heap-death.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 },
    });
    const [memory] = (await once(worker, 'message')) as [SharedArrayBuffer];
    const share = new Float64Array(memory);
    let last = 0;
    const looking = setInterval(() => {
      last = share[0] ?? 0;
    }, 2);
    const [error] = (await once(worker, 'error')) as [NodeJS.ErrnoException];
    clearInterval(looking);
    expect(error.code).toBe('ERR_WORKER_OUT_OF_MEMORY');
    expect(share[0]).toBeGreaterThan(deathsDoor[0]);
    expect(Math.max(last, share[0] ?? 0)).toBeLessThan(deathsDoor[1]);
  });

  // With the default of 64 MiB a whole young generation of survivors may move in at once, and end it at 0.8.
  test('is near 1 when a main thread dies of --max-old-space-size', { timeout: 60_000 }, async () => {
    const fixture = fileURLToPath(new URL('./fixtures/heap-death.ts', import.meta.url));
    const child = spawn(process.execPath, ['--max-old-space-size=100', '--max-semi-space-size=8', fixture], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.on('data', (piece: Buffer) => {
      output += piece.toString();
    });
    const [, signal] = (await once(child, 'close')) as [number | null, string | null];
    expect(signal).toBe('SIGABRT');
    const shares = output.trim().split('\n').map(Number);
    expect(shares.length).toBeGreaterThan(10);
    expect(shares.at(-1)).toBeGreaterThan(deathsDoor[0]);
    expect(Math.max(...shares)).toBeLessThan(deathsDoor[1]);
  });
});
