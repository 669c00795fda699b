import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import { describe, expect, test } from 'vitest';
import { encodeCpu } from '../../../../holmes/profile/pprof-cpu.ts';
import { encodeHandles } from '../../../../holmes/profile/pprof-handles.ts';
import { encodeHeap } from '../../../../holmes/profile/pprof-heap.ts';
import { exampleCpuProfile } from './example-cpu-profile.ts';
import { emptyHandles, frame, sockets } from './example-handle-profile.ts';
import { heapNode } from './example-heap-profile.ts';

const at = 1_800_000_000_123;
const meta = { at, comments: ['data thread 2 spent 94 % of 5 s in audit()'] };
const handler = 'handle file:///app/server.ts:10';
const audit = 'audit file:///app/filters/audit.ts:30';

const cpu = exampleCpuProfile([
  { stack: [handler], ms: 20, line: 12 },
  { stack: [handler, audit], ms: 30, line: 31 },
  { stack: [handler, audit], ms: 30, line: 31 },
  { stack: [handler, audit], ms: 30, line: 33 },
  { stack: ['(garbage collector)'], ms: 10 },
  { stack: ['(idle)'], ms: 500 },
]);
const heap = {
  head: heapNode('(root)', 0, [heapNode(handler, 1024, [heapNode(audit, 4096, [heapNode('set', 512)])])]),
};
const handles = {
  ...emptyHandles,
  groups: [
    sockets(40),
    sockets(2, { peer: '127.0.0.1:9001', bufferedBytes: 700 }),
    sockets(3, { kind: 'Timeout', peer: '', state: '', stack: [] }),
  ],
  activeByType: { TCPSocketWrap: 42 },
  armedMs: 300,
  created: [{ kind: 'Timeout', created: 9, alive: 2, stack: [frame('poll file:///app/poll.ts:4')] }],
  buffers: [{ bytes: 9000, stack: [frame('keep file:///app/keep.ts:5')] }],
  warnings: [{ name: 'MaxListenersExceededWarning', message: 'Possible leak', stack: [] }],
};

interface Row {
  /** `audit app/filters/audit.ts:31`, innermost first. */
  readonly stack: readonly string[];
  readonly values: readonly number[];
  readonly labels: Readonly<Record<string, string>>;
}

function decode(gzipped: Uint8Array): {
  readonly profile: Profile;
  readonly rows: readonly Row[];
  readonly text: (at: number | bigint) => string;
} {
  const profile = Profile.decode(gunzipSync(gzipped));
  const text = (index: number | bigint): string => profile.stringTable.strings[Number(index)]!;
  const rows = profile.sample.map((sample) => ({
    stack: sample.locationId.map((id) => {
      const [line] = profile.location.find((location) => location.id === id)!.line;
      const made = profile.function.find((one) => one.id === line!.functionId)!;
      return `${text(made.name)} ${text(made.filename)}:${line!.line}`;
    }),
    values: sample.value.map(Number),
    labels: Object.fromEntries(sample.label.map((label) => [text(label.key), text(label.str)])),
  }));
  return { profile, rows, text };
}

describe('a CPU profile as pprof', () => {
  test('has stacks with lines, in samples and nanoseconds, without idle time', async () => {
    const { rows } = decode(await encodeCpu(cpu, meta));
    const server = 'handle /app/server.ts';
    const filter = 'audit /app/filters/audit.ts';
    expect(rows).toEqual([
      { stack: [`${server}:12`], values: [1, 20e6], labels: {} },
      { stack: [`${filter}:31`, `${server}:10`], values: [2, 60e6], labels: {} },
      { stack: [`${filter}:33`, `${server}:10`], values: [1, 30e6], labels: {} },
      { stack: ['(garbage collector) :0'], values: [1, 10e6], labels: {} },
    ]);
  });

  test('says when it was, for how long, how often it looked, and what it means', async () => {
    const { profile, text } = decode(await encodeCpu(cpu, meta));
    expect(BigInt(profile.timeNanos)).toBe(1_800_000_000_123_000_000n);
    expect(Number(profile.durationNanos)).toBe(620e6);
    expect(Number(profile.period)).toBe(30e6);
    expect(profile.sampleType.map(({ type, unit }) => `${text(type)}/${text(unit)}`)).toEqual([
      'samples/count',
      'cpu/nanoseconds',
    ]);
    expect(profile.comment.map(text)).toEqual(meta.comments);
    const starts = profile.function.map((one) => [text(one.name), Number(one.startLine)]);
    expect(starts).toContainEqual(['audit', 30]);
  });

  test('of nothing is a profile of nothing', async () => {
    const nothing = { nodes: [], startTime: 0, endTime: 0, samples: [], timeDeltas: [] };
    expect(decode(await encodeCpu(nothing, meta)).rows).toEqual([]);
  });
});

describe('a heap profile as pprof', () => {
  test('has live bytes by stack', async () => {
    const { rows, profile, text } = decode(await encodeHeap(heap, meta));
    expect(profile.sampleType.map(({ type, unit }) => `${text(type)}/${text(unit)}`)).toEqual([
      'inuse_space/bytes',
    ]);
    expect(rows.map(({ stack, values }) => [stack[0], values[0]])).toEqual([
      ['handle /app/server.ts:10', 1024],
      ['audit /app/filters/audit.ts:30', 4096],
      ['set :0', 512],
    ]);
    expect(rows[2]!.stack).toHaveLength(3);
  });
});

describe('a handle profile as pprof', () => {
  test('has a pseudo frame below the maker, and labels', async () => {
    const { rows } = decode(await encodeHandles(handles, meta));
    expect(rows[0]).toEqual({
      stack: [
        '[tcp-client] :0',
        'connect node:net:200',
        'leakyDial /app/pool.ts:31',
        'handle /app/server.ts:9',
      ],
      values: [40, 0, 60_000, 0, 0],
      labels: { kind: 'tcp-client', state: 'open', peer: '127.0.0.1:9000' },
    });
    expect(rows[1]!.values).toEqual([2, 700, 60_000, 0, 0]);
    expect(rows[2]).toMatchObject({
      stack: ['[Timeout] :0', '[creation site unknown] :0'],
      labels: { kind: 'Timeout' },
    });
  });

  test('has what was made in the window, and buffers, beside', async () => {
    const { rows, profile, text } = decode(await encodeHandles(handles, meta));
    expect(rows[3]).toMatchObject({
      stack: ['[Timeout] :0', 'poll /app/poll.ts:4'],
      values: [0, 0, 0, 9, 0],
    });
    expect(rows[4]).toMatchObject({
      stack: ['[buffer] :0', 'keep /app/keep.ts:5'],
      values: [0, 0, 0, 0, 9000],
    });
    expect(text(profile.defaultSampleType)).toBe('handles');
    expect(profile.comment.map(text)).toEqual([
      ...meta.comments,
      'active TCPSocketWrap: 42',
      'created in a window of 300 ms: 9',
      'MaxListenersExceededWarning: Possible leak',
    ]);
  });
});

const go = ['/usr/local/go/bin/go', '/usr/bin/go'].find((path) => existsSync(path));

describe.skipIf(go === undefined)('go tool pprof', () => {
  const run = async (bytes: Uint8Array, ...options: readonly string[]): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'pprof-'));
    try {
      await writeFile(join(folder, 'profile.pb.gz'), bytes);
      const args = ['tool', 'pprof', ...options, join(folder, 'profile.pb.gz')];
      const environment = { ...process.env, PPROF_TMPDIR: folder, GOTOOLCHAIN: 'local' };
      return (await promisify(execFile)(go!, args, { env: environment })).stdout;
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  test('reads a CPU profile', { timeout: 60_000 }, async () => {
    const bytes = await encodeCpu(cpu, meta);
    const top = await run(bytes, '-top', '-lines');
    expect(top).toMatch(/Duration: 620ms, Total samples = 120ms/);
    expect(top).toMatch(/60ms 50\.00% .*audit \/app\/filters\/audit\.ts:31/);
    expect(await run(bytes, '-comments')).toContain('94 % of 5 s');
    expect(await run(bytes, '-raw')).toMatch(/samples\/count cpu\/nanoseconds\[dflt\]/);
  });

  test('reads a heap profile', { timeout: 60_000 }, async () => {
    expect(await run(await encodeHeap(heap, meta), '-top')).toMatch(/4096B 72\.73% .*audit/);
  });

  test('reads a handle profile', { timeout: 60_000 }, async () => {
    const bytes = await encodeHandles(handles, meta);
    expect(await run(bytes, '-top')).toMatch(/42 93\.33% .*\[tcp-client\]/);
    expect(await run(bytes, '-tags')).toContain('127.0.0.1:9000');
    expect(await run(bytes, '-sample_index=external', '-top')).toMatch(/\[buffer\]/);
  });
});
