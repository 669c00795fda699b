/**
 * Holmes in the running proxy: a fault that is planted in a user's filter is caught by itself, explained, and can be had
 * by everybody who needs it: the admin API, the command line, Prometheus, and what is left after a crash.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../../build/executable.ts';
import type { CaptureRecord, Decision, SubjectView } from '../../../holmes/index.ts';
import { startHttpUpstream } from '../harness/index.ts';
import { call } from '../process/call.ts';
import { eventually } from '../process/eventually.ts';
import { type Configuration, type Meshlock, startMeshlock } from '../process/meshlock.ts';

const run = promisify(execFile);
const culpritFilter = join(repositoryRoot, 'examples', 'culprits', 'filter.ts');
const unrulyFilter = join(import.meta.dirname, '..', 'process', 'fixtures', 'unruly-filter.ts');
const go = '/usr/local/go/bin/go';

interface Plant {
  readonly module: string;
  readonly options?: Configuration;
  readonly holmes?: Configuration;
  readonly keys?: Configuration;
}

async function start({ module, options, holmes = {}, keys = {} }: Plant): Promise<Meshlock> {
  const upstream = await startHttpUpstream((_, response) => response.end('here'));
  const mesh = await startMeshlock({
    admin: '127.0.0.1:0',
    data_threads: 2,
    listeners: [
      {
        name: 'web',
        address: '127.0.0.1:0',
        cluster: 'app',
        filters: [{ name: 'audit', module, ...(options !== undefined && { options }) }],
      },
    ],
    clusters: [{ name: 'app', endpoints: [`127.0.0.1:${upstream.port}`] }],
    holmes: {
      interval: '500ms',
      recorder: { window: '2s', before: '2s', after: '1s', arm: '1s' },
      ...holmes,
    },
    ...keys,
  });
  await threadsAreWatched(mesh);
  return mesh;
}

function subjects(mesh: Meshlock): Promise<SubjectView[]> {
  return mesh.adminJson<SubjectView[]>('/holmes/subjects');
}

async function threadsAreWatched(mesh: Meshlock): Promise<void> {
  await eventually(
    async () => {
      const answer = await mesh.admin('/holmes/subjects', { headers: { accept: 'application/json' } });
      if (answer.status !== 200) return undefined;
      const views = JSON.parse(answer.body) as SubjectView[];
      return views.length === 3 && views.every(({ state }) => state === 'watched') ? true : undefined;
    },
    () => 'both data threads and the process to be watched',
  );
}

function captures(mesh: Meshlock): Promise<CaptureRecord[]> {
  return mesh.adminJson<CaptureRecord[]>('/captures');
}

function captureBy(mesh: Meshlock, rule: string, ms?: number): Promise<CaptureRecord> {
  return eventually(
    async () => (await captures(mesh)).find((record) => record.rule === rule),
    () => `a capture by ${rule}`,
    ms,
  );
}

/** One strike after the other, whatever becomes of them, until it is stopped. */
function strikeOn(mesh: Meshlock): { stop(): Promise<void> } {
  const state = { goesOn: true };
  const running = (async () => {
    while (state.goesOn) await call(mesh.port(), '/strike').catch(() => null);
  })();
  return {
    stop() {
      state.goesOn = false;
      return running;
    },
  };
}

describe('a data thread that is stuck in a regular expression', () => {
  test('is named with line and filter while it is stuck, and everybody can have the capture', async () => {
    // Some seconds: what follows has to be done before it ends.
    const mesh = await start({
      module: culpritFilter,
      options: { culprit: 'regular-expression', blockMs: 4000 },
    });
    let isStuck = true;
    const strike = call(mesh.port(), '/strike').then((answer) => {
      isStuck = false;
      return answer;
    });
    const record = await captureBy(mesh, 'stall');
    expect(isStuck).toBe(true);
    expect(record.diagnosis.certainty).toBe('named');
    const [suspect] = record.diagnosis.suspects;
    expect(suspect!.place).toMatchObject({ functionName: 'isDisplayName', line: 6 });
    expect(suspect!.place.file).toMatch(/culprits\/regular-expression\.ts$/);
    expect(suspect!.construct).toBe('regular expression');
    expect(suspect!.share).toBeGreaterThan(0.5);
    expect(record.diagnosis.sentence).toMatch(/^data thread [12] .*regular expression.*isDisplayName/);
    expect(record.stacks.length).toBeGreaterThan(0);
    expect(record.stacks[0]!.frames.some(({ functionName }) => functionName === 'isDisplayName')).toBe(true);
    expect(record.kernel).not.toBeNull();
    expect((await subjects(mesh)).find(({ name }) => name === record.subject)!.state).toBe('stuck');

    const decisions = await mesh.adminJson<Decision[]>('/holmes/decisions');
    expect(decisions.find(({ id }) => id === record.decisionId)).toMatchObject({
      rule: 'stall',
      verdict: 'capture',
      captureId: record.id,
    });
    const samples = (await mesh.admin('/metrics')).body;
    expect(samples).toContain(`capture="${record.id}"`);
    expect(isStuck).toBe(true);
    expect((await strike).body).toBe('struck\n');
    expect((await call(mesh.port(), '/')).status).toBe(200);

    await commandLineShows(mesh, record);
    if (existsSync(go)) await goReads(mesh, record);

    const gone = await mesh.admin(`/captures/${record.id}/delete`, { method: 'POST' });
    expect(gone.status).toBe(200);
    expect((await captures(mesh)).map(({ id }) => id)).not.toContain(record.id);
    expect((await mesh.admin(`/captures/${record.id}`)).status).toBe(404);
  });
});

async function commandLineShows(mesh: Meshlock, record: CaptureRecord): Promise<void> {
  const admin = ['--admin', `127.0.0.1:${mesh.adminPort}`];
  const main = join(repositoryRoot, 'src', 'main.ts');
  const profile = (...words: string[]) => run(process.execPath, [main, 'profile', ...words, ...admin]);
  expect((await profile('list')).stdout).toContain(record.diagnosis.sentence.slice(0, 40));
  expect((await profile('show', record.id)).stdout).toContain(record.diagnosis.sentence);
  const file = join(mesh.directory, 'out.cpuprofile');
  await profile('get', record.id, '--format', 'cpuprofile', '-o', file);
  expect(JSON.parse(await readFile(file, 'utf8'))).toHaveProperty('nodes');
  const opened = (await profile('open', record.id, '--print')).stdout;
  expect(opened).toContain(`/speedscope/index.html#profileURL=`);
  await expect(profile('show', 'no-such-capture')).rejects.toMatchObject({ code: 1 });
}

/** The independent reader of the format. */
async function goReads(mesh: Meshlock, record: CaptureRecord): Promise<void> {
  const url = `http://127.0.0.1:${mesh.adminPort}/captures/${record.id}.pb.gz`;
  const file = join(mesh.directory, 'profile.pb.gz');
  await writeFile(file, Buffer.from(await (await fetch(url)).arrayBuffer()));
  const { stdout } = await run(go, ['tool', 'pprof', '-top', '-lines', file]);
  expect(stdout).toMatch(/isDisplayName.*regular-expression\.ts:6/);
}

describe('a data thread that does too much', () => {
  test('is captured when its CPU jumps against its average', async () => {
    const mesh = await start({
      module: culpritFilter,
      options: { culprit: 'json', blockMs: 30 },
      holmes: {
        interval: '300ms',
        recorder: { window: '2s', before: '2s', after: '1s', arm: '1s' },
        cpu: { min: '5%', diff: '25%', abs: '100%' },
        event_loop_delay: false,
      },
    });
    await eventually(
      async () => {
        const decisions = await mesh.adminJson<Decision[]>('/holmes/decisions?quiet&limit=1000');
        return decisions.some(({ rule, average }) => rule === 'cpu' && average !== null) ? true : undefined;
      },
      () => 'enough readings for an average',
    );
    const strikes = strikeOn(mesh);
    const record = await captureBy(mesh, 'cpu');
    await strikes.stop();
    expect(record.diagnosis.suspects[0]!.place.functionName).toBe('copyOfCatalogue');
    expect(record.readings.values.cpu!.length).toBeGreaterThan(5);
  });
});

describe('a data thread that dies', () => {
  test('of an error leaves its last profile and the reason behind, and its successor is watched', async () => {
    const mesh = await start({ module: unrulyFilter });
    await call(mesh.port(), '/throw-later').catch(() => null);
    const record = await captureBy(mesh, 'exception');
    expect(record.reason).toContain('thrown later by a filter');
    expect(record.diagnosis.sentence).toContain('thrown later by a filter');
    await threadsAreWatched(mesh);
  });

  test('at the limit of its heap has left a heap profile that names who filled it', async () => {
    const mesh = await start({
      module: culpritFilter,
      options: { culprit: 'growing-map', leakBytes: 1_000_000 },
      keys: { thread_heap: '96MiB' },
    });
    const strikes = strikeOn(mesh);
    const record = await captureBy(mesh, 'near_out_of_memory');
    await strikes.stop();
    expect(record.kind).toBe('heap');
    expect(record.diagnosis.suspects[0]!.place.functionName).toBe('remember');
    expect(record.diagnosis.suspects[0]!.owner).toBe('filter audit');
  });

  test('because it fills its heap in one go is explained by what was seen while it did', async () => {
    const mesh = await start({ module: unrulyFilter, keys: { thread_heap: '256MiB' } });
    await call(mesh.port(), '/eat').catch(() => null);
    const record = await captureBy(mesh, 'out_of_memory', 30_000);
    expect(record.kind).toBe('heap');
    expect(record.diagnosis.suspects[0]!.place.functionName).toMatch(/eat/);
    expect(record.diagnosis.sentence).toMatch(/memory/);
    await threadsAreWatched(mesh);
  }, 45_000);
});

describe('the settings of holmes', () => {
  test('change by a reload and by the admin API, without a restart', async () => {
    const mesh = await start({ module: unrulyFilter });
    await mesh.adminJson('/holmes/rules', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ intervalMs: 1000, rules: { cpu: { abs: 0.9 } } }),
    });
    const settings = await mesh.adminJson<{ intervalMs: number; rules: { cpu: { abs: number } } }>(
      '/holmes/rules',
    );
    expect(settings).toMatchObject({ intervalMs: 1000, rules: { cpu: { abs: 0.9 } } });
    const refused = await mesh.admin('/holmes/rules', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ rules: { cpu: { abs: 7 } } }),
    });
    expect(refused.status).toBe(400);
    expect(refused.body).toContain('rules.cpu.abs');
  });

  test('can switch it off', async () => {
    const upstream = await startHttpUpstream((_, response) => response.end('here'));
    const mesh = await startMeshlock({
      admin: '127.0.0.1:0',
      listeners: [{ name: 'web', address: '127.0.0.1:0', cluster: 'app' }],
      clusters: [{ name: 'app', endpoints: [`127.0.0.1:${upstream.port}`] }],
      holmes: { enabled: false },
    });
    const answer = await mesh.admin('/captures');
    expect(answer.status).toBe(503);
    expect(answer.body).toContain('holmes');
    expect((await readdir(mesh.directory)).filter((name) => name === 'meshlock')).toEqual([]);
  });
});
