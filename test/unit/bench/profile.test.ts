/** The profiler's two halves: sampling a thread from outside, and reading what came back. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import {
  type CpuProfile,
  renderProfile,
  shortPlace,
  summarizeProfile,
} from '../../../bench/profile/cpu-profile.ts';
import { Inspector } from '../../../bench/profile/inspector.ts';

const url = 'file:///somewhere/dist/src/net/connection.js';
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: { functionName: '(idle)', url: '', lineNumber: -1 } },
    {
      id: 2,
      callFrame: { functionName: 'write', url, lineNumber: 9 },
      positionTicks: [
        { line: 12, ticks: 1 },
        { line: 14, ticks: 3 },
      ],
    },
    { id: 3, callFrame: { functionName: '', url, lineNumber: 30 } },
    { id: 4, callFrame: { functionName: 'write', url, lineNumber: 9 } },
  ],
  samples: [1, 2, 4, 3],
  timeDeltas: [500, 300, 100, 100],
};

describe('a CPU profile', () => {
  test('is summed by function, without the idle time, most self time first', () => {
    const { busyMicros, idleMicros, functions } = summarizeProfile(profile);
    expect([busyMicros, idleMicros]).toEqual([500, 500]);
    expect(functions.map(({ name, place, selfMicros }) => [name, place, selfMicros])).toEqual([
      ['write', 'src/net/connection.js:10', 400],
      ['(anonymous)', 'src/net/connection.js:31', 100],
    ]);
    expect(functions[0]?.lines[0]).toEqual({ line: 14, ticks: 3 });
  });

  test('is shown as shares of the busy time with the hottest lines', () => {
    const text = renderProfile(summarizeProfile(profile), { top: 1, lines: 1 });
    expect(text).toContain('busy 50.0 %');
    expect(text).toMatch(/80\.0 % {2}write +src\/net\/connection\.js:10 {3}\[lines 14: 75\.0 %\]/);
    expect(text).not.toContain('(anonymous)');
  });

  test('names a place by the part of its path that tells files apart', () => {
    expect(shortPlace('/a/b/node_modules/undici/lib/x.js', 0)).toBe('node_modules/undici/lib/x.js:1');
    expect(shortPlace('node:internal/timers', 4)).toBe('node:internal/timers:5');
    expect(shortPlace('', -1)).toBe('');
  });
});

const program = `
  const { Worker } = require('node:worker_threads');
  const body = 'function spinHere() { const t = performance.now(); while (performance.now() - t < 5); setImmediate(spinHere); } spinHere();';
  new Worker(body, { eval: true, name: 'data' }).once('online', () => console.log('running'));
`;

describe('the inspector client', () => {
  test('samples a worker thread of another process', async () => {
    const child = spawn(process.execPath, ['--inspect=127.0.0.1:0', '-e', program]);
    try {
      const [[first]] = (await Promise.all([once(child.stderr, 'data'), once(child.stdout, 'data')])) as [
        [Buffer],
        unknown,
      ];
      const address = /ws:\/\/\S+/.exec(first.toString('utf8'))?.[0] ?? '';
      const inspector = await Inspector.connect(address);
      const worker = [...inspector.workers.values()][0];
      expect(worker?.name).toContain('thread 1');
      await worker?.request('Profiler.enable');
      await worker?.request('Profiler.start');
      await worker?.request('Runtime.evaluate', {
        expression: 'new Promise((done) => setTimeout(done, 60))',
        awaitPromise: true,
      });
      const found = await worker?.request<{ profile: CpuProfile }>('Profiler.stop');
      const names = summarizeProfile(found?.profile as CpuProfile).functions.map(({ name }) => name);
      expect(names).toContain('spinHere');
      await expect(worker?.request('Profiler.nothing')).rejects.toThrow("'Profiler.nothing' wasn't found");
      inspector.close();
    } finally {
      child.kill('SIGKILL');
    }
  });
});
