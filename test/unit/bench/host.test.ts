/** What the harness reads from the machine. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { coreTime, sharesBetween } from '../../../bench/host/core-time.ts';
import { parseCoreList, planCores } from '../../../bench/host/cores.ts';
import { cpuBetween, cpuSnapshot, memoryOf, processTree } from '../../../bench/host/process-tree.ts';

describe('the plan of cores', () => {
  test('reads the lists of the kernel', () => {
    expect(parseCoreList('0-2,5\n')).toEqual([0, 1, 2, 5]);
  });

  test('keeps the load off the sibling of the core of the proxy', () => {
    expect(planCores([0, 1, 2, 3], (core) => (core >= 2 ? [2, 3] : [0, 1]))).toEqual({
      proxy: 3,
      load: [0, 1],
      sharedPhysicalCore: false,
    });
  });

  test('says when the two had to share, and when it cannot know', () => {
    expect(planCores([0, 1], () => [0, 1])).toEqual({ proxy: 1, load: [0], sharedPhysicalCore: true });
    expect(planCores([4], () => [4])).toEqual({ proxy: 4, load: [4], sharedPhysicalCore: true });
    expect(planCores([0, 1], () => null).sharedPhysicalCore).toBeNull();
  });
});

describe('time of cores', () => {
  test('counts interrupts as busy, waiting as idle and theft apart', () => {
    const before = coreTime([1], 'cpu  9 9 9\ncpu0 9 9 9 9 9 9 9 9 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\n');
    const after = coreTime([1], 'cpu  9 9 9\ncpu0 9 9 9 9 9 9 9 9 0 0\ncpu1 10 5 15 30 10 5 5 20 0 0\n');
    expect(sharesBetween(before, after)).toEqual({ busy: 0.4, stolen: 0.2 });
  });
});

const burn = `
  const { Worker } = require('node:worker_threads');
  const spin = 'const t = performance.now(); while (performance.now() - t < 150);';
  new Worker(spin, { eval: true }).once('exit', () => { process.send('done'); setInterval(() => {}, 1e6); });
`;

describe.runIf(process.platform === 'linux')('the process tree', () => {
  test('is charged for descendants and for a thread that ended', async () => {
    // A shell in between: the program is a grandchild of this process.
    const child = spawn('sh', ['-c', '"$0" -e "$1"; exit $?', process.execPath, burn], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    try {
      const root = child.pid as number;
      const before = cpuSnapshot(root);
      await once(child, 'message');
      expect(processTree(root).length).toBe(2);
      const { totalNs } = cpuBetween(before, cpuSnapshot(root));
      expect(totalNs).toBeGreaterThan(100e6);
      const { residentBytes, peakResidentBytes } = memoryOf(root);
      expect(residentBytes).toBeGreaterThan(20e6);
      expect(peakResidentBytes).toBeGreaterThanOrEqual(residentBytes);
    } finally {
      for (const pid of processTree(child.pid as number)) process.kill(pid, 'SIGKILL');
    }
  });
});
