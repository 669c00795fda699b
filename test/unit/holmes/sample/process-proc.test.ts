import { execFile } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../../holmes/clock.ts';
import type { Readings } from '../../../../holmes/reading.ts';
import type { CgroupLimits } from '../../../../holmes/sample/cgroup.ts';
import { ProcessProc } from '../../../../holmes/sample/process-proc.ts';
import { ManualClock } from '../manual-clock.ts';
import { fakeTree } from './fake-tree.ts';

const isLinux = process.platform === 'linux';

/** A process whose CPU time and limits a test sets. */
class Made {
  readonly clock = new ManualClock();
  limits: CgroupLimits = {
    cpus: 2,
    cpuFrom: 'cgroup2',
    memoryBytes: 1e9,
    memoryFrom: 'cgroup2',
  };
  cpuMs = 100;
  readonly proc: ProcessProc;

  constructor(proc = fakeTree().root) {
    this.proc = new ProcessProc({
      clock: this.clock,
      cgroup: { limits: () => this.limits },
      cpuUsage: () => ({ user: this.cpuMs * 600, system: this.cpuMs * 400 }),
      proc,
    });
    onTestFinished(() => this.proc.close());
  }

  after(ms: number, cpuMs: number): Readings {
    this.clock.advance(ms);
    this.cpuMs += cpuMs;
    return this.proc.sample();
  }
}

describe('CPU of the process', () => {
  test('is the share of what is granted, since the last sample', () => {
    const made = new Made();
    expect(made.after(5000, 5000).cpu).toBe(0.5);
    expect(made.after(1000, 200).cpu).toBe(0.1);
    expect(made.after(1000, 0).cpu).toBe(0);
  });

  test('is measured by the quota of the moment', () => {
    const made = new Made();
    expect(made.after(5000, 2500).cpu).toBe(0.25);
    made.limits = { ...made.limits, cpus: 0.5 };
    expect(made.after(5000, 2500).cpu).toBe(1);
    expect(made.after(5000, 5000).cpu, 'what was used before the quota fell').toBe(1);
    made.limits = { ...made.limits, cpus: 8 };
    expect(made.after(5000, 4000).cpu).toBe(0.1);
  });

  test('follows monotonic time when the wall clock jumps', () => {
    const made = new Made();
    made.clock.jumpWall(-3_600_000);
    expect(made.after(1000, 1000).cpu).toBe(0.5);
    made.clock.jumpWall(3_600_000);
    expect(made.after(1000, 1000).cpu).toBe(0.5);
  });

  test('is left out when no time has passed', () => {
    const made = new Made();
    expect(made.proc.sample()).not.toHaveProperty('cpu');
    expect(made.after(1000, 1000).cpu).toBe(0.5);
  });
});

describe('memory of the process', () => {
  test('is the share of the limit, all of it at most', () => {
    const made = new Made();
    const { rss = 0, rss_bytes: bytes = 0 } = made.after(1000, 0);
    expect(bytes).toBeGreaterThan(10e6);
    expect(rss).toBeCloseTo(bytes / 1e9, 5);
    expect(made.proc.memoryLimitBytes).toBe(1e9);
    made.limits = { ...made.limits, memoryBytes: 1e6 };
    expect(made.after(1000, 0).rss).toBe(1);
    expect(made.proc.memoryLimitBytes).toBe(1e6);
  });

  test.runIf(isLinux)('is what Node says it is', () => {
    const proc = new ProcessProc({ clock: systemClock });
    onTestFinished(() => proc.close());
    const { rss_bytes: bytes = 0 } = proc.sample();
    const expected = process.memoryUsage.rss();
    expect(Math.abs(bytes / expected - 1)).toBeLessThan(0.1);
  });
});

describe('descriptors of the process', () => {
  test('are left out where there is no /proc', () => {
    const made = new Made('/nonexistent');
    expect(made.proc.readings).toEqual(['cpu', 'rss', 'rss_bytes']);
    expect(Object.keys(made.after(1000, 0)).sort()).toEqual(['cpu', 'rss', 'rss_bytes']);
  });

  test.each([
    ['Max open files            unlimited            unlimited            files', undefined],
    ['Max open files            rubbish              1                    files', undefined],
    ['', undefined],
    ['Max open files            200                  1048576              files', true],
  ])('have a share where there is a limit: %j', (line, hasShare) => {
    const tree = fakeTree({ '/self/limits': `Limit   Soft Limit   Hard Limit\n${line}\n`, '/self/fd/0': '' });
    const made = new Made(tree.root);
    const { descriptors = Number.NaN, descriptor_share: share } = made.after(1000, 0);
    expect(descriptors).toBeGreaterThan(0);
    expect(share !== undefined).toBe(hasShare === true);
    if (share !== undefined) expect(share).toBe(Math.min(1, descriptors / 200));
  });

  test.runIf(isLinux)('follow what is opened and closed', () => {
    const proc = new ProcessProc({ clock: systemClock });
    onTestFinished(() => proc.close());
    const count = () => proc.sample().descriptors ?? Number.NaN;
    const before = count();
    const opened = Array.from({ length: 100 }, () => openSync('/dev/null', 'r'));
    expect(count() - before).toBe(100);
    for (const descriptor of opened) closeSync(descriptor);
    expect(count()).toBe(before);
  });
});

describe.runIf(isLinux)('a process that has run out of descriptors', () => {
  test('is still sampled in full: that is when it matters', { timeout: 30_000 }, async () => {
    const fixture = fileURLToPath(new URL('./fixtures/out-of-descriptors.ts', import.meta.url));
    const { root } = fakeTree({
      '/proc/self/cgroup': '0::/\n',
      '/proc/self/mountinfo': '31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
      '/sys/fs/cgroup/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/memory.max': '4294967296\n',
    });
    const command = 'ulimit -n 64 && exec "$0" "$1" "$2"';
    const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, fixture, root]);
    const report = JSON.parse(stdout) as {
      readonly code: string;
      readonly limits: CgroupLimits;
      readonly limitsBefore: CgroupLimits;
      readonly sample: Readings;
      readonly thread: Readings;
      readonly kernel: { readonly kind: string };
    };
    expect(report.code).toBe('EMFILE');
    expect(report.limitsBefore).toMatchObject({ cpus: 1.5, memoryBytes: 4 * 1024 ** 3 });
    expect(report.limits, 'a limit that cannot be read is not taken for none').toEqual(report.limitsBefore);
    expect(Object.keys(report.sample).sort()).toEqual([
      'cpu',
      'descriptor_share',
      'descriptors',
      'rss',
      'rss_bytes',
    ]);
    expect(report.sample.descriptor_share).toBeGreaterThan(0.95);
    expect(report.thread.cpu).toBeGreaterThan(0);
    expect(['running', 'starved']).toContain(report.kernel.kind);
  });
});
