import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../../../holmes/clock.ts';
import { ThreadProc } from '../../../../holmes/sample/thread-proc.ts';
import { ManualClock } from '../manual-clock.ts';
import { fakeTree, type FakeTree } from './fake-tree.ts';

const gone = { kind: 'unknown', waitChannel: '', systemCall: '' };
const waiting = { timeout: 10_000, interval: 30 };

function taskTree(files: Readonly<Record<string, string>>): FakeTree {
  return fakeTree(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`/self/task/7/${name}`, text])),
  );
}

function statLine(state: string, ticks = 0): string {
  return `7 (a) R (b) ${state} 1 1 1 0 -1 4194304 115 0 0 0 ${ticks} 0 0 0 20 0 1 0 1169135\n`;
}

describe('ThreadProc by the numbers', () => {
  test('gives the shares of one core that the thread had and waited for since the last sample', () => {
    const clock = new ManualClock();
    const tree = taskTree({ schedstat: '1000000000 500000000 77\n' });
    const proc = new ThreadProc(7, clock, tree.root);
    clock.advance(5000);
    tree.write('/self/task/7/schedstat', '3500000000 1000000000 99\n');
    expect(proc.sample()).toEqual({ cpu: 0.5, cpu_wait: 0.1 });
    clock.advance(1000);
    expect(proc.sample()).toEqual({ cpu: 0, cpu_wait: 0 });
    clock.advance(1000);
    tree.write('/self/task/7/schedstat', '4510000000 1000000000 99\n');
    expect(proc.sample(), 'two clocks do not agree to the microsecond').toEqual({ cpu: 1, cpu_wait: 0 });
    proc.close();
  });

  test('does not count from a sample that came too soon to say anything', () => {
    const clock = new ManualClock();
    const tree = taskTree({ schedstat: '1000000000 0 1\n' });
    const proc = new ThreadProc(7, clock, tree.root);
    clock.advance(19);
    tree.write('/self/task/7/schedstat', '1019000000 0 1\n');
    expect(proc.sample()).toEqual({});
    clock.advance(19);
    expect(proc.sample()).toEqual({ cpu: 0.5, cpu_wait: 0 });
    proc.close();
  });

  test.each([
    ['has no schedstat', {}],
    ['keeps no count', { schedstat: '0 0 0\n' }],
  ])('goes by ticks where the kernel %s, whatever the thread is called', (_, files) => {
    const clock = new ManualClock();
    const tree = taskTree({ ...files, stat: statLine('R', 100) });
    const proc = new ThreadProc(7, clock, tree.root);
    clock.advance(5000);
    tree.write('/self/task/7/stat', statLine('R', 350));
    expect(proc.sample()).toEqual({ cpu: 0.5 });
    clock.advance(5000);
    expect(proc.kernelState().kind, 'ticks are too coarse to tell').toBe('running');
    proc.close();
  });

  test.each(['', '\n', 'x y z\n', '-5 -5 1\n', '1e400 0 0'])(
    'gives nothing for a schedstat of %j',
    (schedstat) => {
      const clock = new ManualClock();
      const proc = new ThreadProc(7, clock, taskTree({ schedstat, stat: '' }).root);
      clock.advance(5000);
      expect(Object.values(proc.sample()).filter((value) => !Number.isFinite(value))).toEqual([]);
      expect(proc.kernelState()).toEqual(gone);
      proc.close();
    },
  );

  test('calls a thread that is ready but gets next to no core starved, and one at the end of its quota running', () => {
    const clock = new ManualClock();
    const tree = taskTree({ schedstat: '1000000000 0 1\n', stat: statLine('R') });
    const proc = new ThreadProc(7, clock, tree.root);
    const total = { ranMs: 1000, waitedMs: 0 };
    const kindAfter = (ms: number, ranMs: number, waitedMs: number) => {
      clock.advance(ms);
      total.ranMs += ranMs;
      total.waitedMs += waitedMs;
      tree.write('/self/task/7/schedstat', `${total.ranMs * 1e6} ${total.waitedMs * 1e6} 1\n`);
      return proc.kernelState().kind;
    };
    expect(kindAfter(100, 90, 10)).toBe('running');
    // Its wait is added up when it ends.
    expect(kindAfter(100, 0, 0)).toBe('starved');
    expect(kindAfter(100, 1, 170)).toBe('starved');
    expect(kindAfter(50, 0, 0), 'within one period of a quota').toBe('running');
    expect(kindAfter(50, 10, 90), 'a spin under a tenth of a core').toBe('running');
    expect(kindAfter(100, 100, 0)).toBe('running');
    proc.close();
  });

  test.each([
    ['S', 'futex_do_wait', '202 0x7f 0x80 0x0\n', { waitChannel: 'futex_do_wait', systemCall: '202' }],
    [
      'D',
      'folio_wait_bit_common\n',
      '257 0x0\n',
      { waitChannel: 'folio_wait_bit_common', systemCall: '257' },
    ],
    ['S', '0', 'running\n', { waitChannel: '', systemCall: '' }],
    ['T', '', '-1 0x7ffe 0x7f\n', { waitChannel: '', systemCall: '' }],
  ])('says where a thread in state %s sleeps (%s)', (state, wchan, syscall, expected) => {
    const proc = new ThreadProc(
      7,
      new ManualClock(),
      taskTree({ stat: statLine(state), wchan, syscall }).root,
    );
    expect(proc.kernelState()).toEqual({ kind: 'sleeping', ...expected });
    proc.close();
  });

  test('says that it sleeps where the kernel hides the rest', () => {
    const proc = new ThreadProc(7, new ManualClock(), taskTree({ stat: statLine('S') }).root);
    expect(proc.kernelState()).toEqual({ kind: 'sleeping', waitChannel: '', systemCall: '' });
    proc.close();
  });

  test('gives nothing of a dead thread, of one that never was, and where there is no /proc', () => {
    const clock = new ManualClock();
    const { root } = taskTree({ stat: statLine('Z'), schedstat: '1000 0 1\n' });
    const dead = new ThreadProc(7, clock, root);
    expect(dead.kernelState()).toEqual(gone);
    dead.close();
    for (const proc of [new ThreadProc(0, clock, root), new ThreadProc(7, clock, `${root}/none`)]) {
      clock.advance(5000);
      expect(proc.sample()).toEqual({});
      expect(proc.kernelState()).toEqual(gone);
      proc.close();
      proc.close();
    }
  });
});

describe.runIf(process.platform === 'linux')('ThreadProc of a real thread', () => {
  async function startThread(): Promise<{ worker: Worker; proc: ThreadProc }> {
    const worker = new Worker(new URL('./fixtures/thread.ts', import.meta.url));
    onTestFinished(async () => void (await worker.terminate()));
    const [tid] = (await once(worker, 'message')) as [number];
    const proc = new ThreadProc(tid, systemClock);
    onTestFinished(() => proc.close());
    return { worker, proc };
  }

  /** Resolves when the worker is at it; the function it gives ends it. */
  async function set(worker: Worker, what: 'spin' | 'wait'): Promise<() => Promise<void>> {
    const shared = new SharedArrayBuffer(8);
    const cells = new Int32Array(shared);
    worker.postMessage({ what, shared });
    await vi.waitFor(() => expect(Atomics.load(cells, 0)).toBe(1), waiting);
    return async () => {
      const done = once(worker, 'message');
      Atomics.store(cells, 1, 1);
      Atomics.notify(cells, 1);
      await done;
    };
  }

  test('tells an idle one, a spinning one and a waiting one apart while it answers nobody', async () => {
    const { worker, proc } = await startThread();
    await vi.waitFor(() => expect(proc.kernelState()).toMatchObject({ kind: 'sleeping' }), waiting);

    const endSpin = await set(worker, 'spin');
    proc.sample();
    await vi.waitFor(() => {
      const { cpu = 0, cpu_wait: wait = 0 } = proc.sample();
      expect(cpu + wait).toBeGreaterThan(0.7);
    }, waiting);
    expect(['running', 'starved']).toContain(proc.kernelState().kind);
    await endSpin();

    const endWait = await set(worker, 'wait');
    await vi.waitFor(() => expect(proc.kernelState()).toMatchObject({ kind: 'sleeping' }), waiting);
    const { waitChannel, systemCall } = proc.kernelState();
    if (waitChannel !== '') expect(waitChannel).toContain('futex');
    expect(systemCall).toMatch(/^\d+$/);
    proc.sample();
    await vi.waitFor(() => expect(proc.sample().cpu).toBeLessThan(0.2), waiting);
    await endWait();
  });

  test('gives nothing once the thread has gone, and holds no descriptor of it', async () => {
    const { worker, proc } = await startThread();
    const held = readdirSync('/proc/self/fd').length;
    await worker.terminate();
    await vi.waitFor(() => {
      expect(proc.sample()).toEqual({});
      expect(proc.kernelState()).toEqual(gone);
    }, waiting);
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(held - 4);
  });
});
