import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../../../src/base/index.ts';
import type { HolmesConfig } from '../../../../src/config/index.ts';
import { SelfDiagnosis } from '../../../../src/control/self-diagnosis/self-diagnosis.ts';
import type { ThreadWorker } from '../../../../src/control/thread-worker.ts';
import { fakeWorker } from '../fake-worker.ts';
import { holmesConfig, testConfig } from '../test-config.ts';
import { testLog } from '../test-log.ts';

let folder: string;
const workers: ThreadWorker[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshlock-diagnosis-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(workers.splice(0).map((made) => made.terminate()));
  rmSync(folder, { recursive: true });
});

function worker(thread: number): ThreadWorker {
  const made = fakeWorker(thread);
  workers.push(made);
  made.attach({ message() {}, error() {}, exit() {}, output() {}, outputEnd() {} });
  return made;
}

function make() {
  const { log, lines } = testLog();
  const registry = new Registry();
  const diagnosis = new SelfDiagnosis({ clock: systemClock, log, registry, version: '1.2.3' });
  onTestFinished(() => diagnosis.close());
  let version = 0;
  const configure = (changes: Partial<HolmesConfig> = {}) =>
    diagnosis.configure(
      testConfig({ holmes: holmesConfig({ enabled: true, directory: folder, ...changes }) }),
      ++version,
    );
  const subjects = () => diagnosis.monitor?.subjects().map(({ name, title, state }) => [name, title, state]);
  const metric = async (start: string) =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith(start));
  return { diagnosis, configure, subjects, lines, metric };
}

describe('self-diagnosis', () => {
  test('watches nothing before a configuration is in force, and says so', () => {
    const { diagnosis } = make();
    diagnosis.started(1, worker(1).worker);
    expect(diagnosis).toMatchObject({ monitor: null, obstacle: 'holmes has not started yet' });
  });

  test('watches the process and every data thread once a configuration is in force', async () => {
    const { diagnosis, configure, subjects, metric } = make();
    for (const thread of [1, 2]) diagnosis.started(thread, worker(thread).worker);
    await configure();
    expect(subjects()).toEqual([
      ['process', 'the process', 'watched'],
      ['data-1', 'data thread 1', 'watched'],
      ['data-2', 'data thread 2', 'watched'],
    ]);
    expect(await metric('meshlock_holmes_store_captures ')).toEqual(['meshlock_holmes_store_captures 0']);
  });

  test('measures what is captured from where on, and what memory the process may have', async () => {
    const { diagnosis, configure, metric } = make();
    diagnosis.started(1, worker(1).worker);
    expect(await metric('meshlock_memory_limit_bytes')).toEqual([]);
    await configure({ intervalMs: 100 });
    const [limit] = await metric('meshlock_memory_limit_bytes ');
    expect(Number(limit?.split(' ')[1])).toBeGreaterThan(process.memoryUsage.rss());
    await vi.waitFor(async () => {
      const readingsOf = async (name: string) =>
        (await metric(`meshlock_holmes_${name}_`)).map((line) => /\{.*\}/.exec(line)?.[0]);
      for (const name of ['reading', 'average', 'limit']) {
        expect(await readingsOf(name)).toEqual(
          expect.arrayContaining([
            '{subject="data-1",reading="handles"}',
            '{subject="process",reading="rss"}',
          ]),
        );
      }
    }, 10_000);
  });

  test('takes a capture, says so in the log with its sentence, and knows what ran', async () => {
    const { diagnosis, configure, lines, metric } = make();
    diagnosis.started(1, worker(1).worker);
    await configure();
    const record = await diagnosis.monitor!.capture({ subject: 'data-1', kind: 'cpu', seconds: 1 });
    expect(record.program).toMatchObject({
      name: 'meshlock',
      version: '1.2.3',
      configuration: expect.stringMatching(/^version 1, sha256 [0-9a-f]{12}$/),
      pid: process.pid,
    });
    const line = await lines.until(({ level }) => level === 'warn');
    expect(line).toMatchObject({
      message: `${record.diagnosis.sentence} (capture ${record.id})`,
      capture: record.id,
      folder: join(folder, record.id),
    });
    expect(existsSync(join(folder, record.id))).toBe(true);
    expect(await metric('meshlock_holmes_captures_total')).toEqual([
      'meshlock_holmes_captures_total{subject="data-1",rule="request",kind="cpu",result="stored"} 1',
    ]);
  });

  test('watches a replacement under the same name', async () => {
    const { diagnosis, configure, subjects } = make();
    const first = worker(1);
    diagnosis.started(1, first.worker);
    await configure();
    await first.terminate();
    diagnosis.ended(1);
    diagnosis.started(1, worker(1).worker);
    await vi.waitFor(() => expect(subjects()?.[1]).toEqual(['data-1', 'data thread 1', 'watched']), 5000);
    const { subject } = await diagnosis.monitor!.capture({
      subject: 'data-1',
      kind: 'handles',
      seconds: 1,
    });
    expect(subject).toBe('data-1');
  });

  test('takes new settings while running, and leaves alone what was changed by hand', async () => {
    const { diagnosis, configure } = make();
    await configure();
    const { monitor } = diagnosis;
    await configure({ intervalMs: 2000 });
    expect(diagnosis.monitor).toBe(monitor);
    expect(monitor!.settings().intervalMs).toBe(2000);
    monitor!.configure({ intervalMs: 1000 });
    await configure({ intervalMs: 2000 });
    expect(monitor!.settings().intervalMs).toBe(1000);
    await configure({ intervalMs: 3000 });
    expect(monitor!.settings().intervalMs).toBe(3000);
  });

  test('begins anew for another folder and keeps its counts', async () => {
    const { diagnosis, configure, metric } = make();
    diagnosis.started(1, worker(1).worker);
    await configure();
    const { monitor } = diagnosis;
    await monitor!.capture({ subject: 'data-1', kind: 'cpu', seconds: 1 });
    await configure({ directory: join(folder, 'other') });
    expect(diagnosis.monitor).not.toBe(monitor);
    expect(diagnosis.monitor!.list()).toEqual([]);
    await diagnosis.monitor!.capture({ subject: 'data-1', kind: 'cpu', seconds: 1 });
    expect(readdirSync(join(folder, 'other'))).toHaveLength(1);
    expect(await metric('meshlock_holmes_captures_total')).toEqual([
      'meshlock_holmes_captures_total{subject="data-1",rule="request",kind="cpu",result="stored"} 2',
    ]);
  });

  test('is switched off and on again by the configuration', async () => {
    const { diagnosis, configure, subjects, metric } = make();
    diagnosis.started(1, worker(1).worker);
    await configure({ enabled: false });
    expect(diagnosis).toMatchObject({ monitor: null, obstacle: 'holmes.enabled is false' });
    await configure();
    expect(subjects()).toHaveLength(2);
    await configure({ enabled: false });
    expect(diagnosis.monitor).toBeNull();
    expect(await metric('meshlock_holmes_store_captures ')).toEqual([]);
    await configure();
    expect(subjects()?.[1]).toEqual(['data-1', 'data thread 1', 'watched']);
  });

  test('that cannot start is said and shown, stands in nobody’s way, and is tried again', async () => {
    const { diagnosis, configure, lines } = make();
    const file = join(folder, 'file');
    writeFileSync(file, '');
    for (const name of ['HOME', 'XDG_STATE_HOME', 'TMPDIR']) vi.stubEnv(name, file);
    await configure({ directory: null });
    expect(diagnosis.monitor).toBeNull();
    expect(diagnosis.obstacle).toContain('holmes cannot watch this process: ENOTDIR');
    expect(lines.all).toMatchObject([{ level: 'error', message: diagnosis.obstacle }]);
    vi.unstubAllEnvs();
    await configure();
    expect(diagnosis.monitor).not.toBeNull();
  });

  test('goes on without a folder that can be written', async () => {
    const { diagnosis, configure } = make();
    diagnosis.started(1, worker(1).worker);
    writeFileSync(join(folder, 'file'), '');
    await configure({ directory: join(folder, 'file', 'captures') });
    const { id } = await diagnosis.monitor!.capture({ subject: 'data-1', kind: 'cpu', seconds: 1 });
    expect(diagnosis.monitor!.get(id)).not.toBeNull();
    expect(diagnosis.monitor!.figures().store.unsaved).toBe(1);
  });

  test('lets go of everything at the end, also in the middle of a start', async () => {
    const { diagnosis, configure } = make();
    diagnosis.started(1, worker(1).worker);
    const configured = configure();
    await diagnosis.close();
    await configured;
    expect(diagnosis).toMatchObject({ monitor: null, obstacle: 'the process is ending' });
    await configure();
    expect(diagnosis.monitor).toBeNull();
  });

  test('ends in bounded time while a thread sits in native code', async () => {
    const { diagnosis, configure } = make();
    const stuck = worker(1);
    diagnosis.started(1, stuck.worker);
    await configure();
    const pipe = join(folder, 'pipe');
    execFileSync('/usr/bin/env', ['mkfifo', pipe]);
    const native = testConfig();
    stuck.post({
      kind: 'snapshot',
      snapshot: {
        version: 1,
        config: { ...native, node: { ...native.node, release: '1:native', version: pipe } },
        slots: { listeners: {}, routes: {}, clusters: {} },
        endpoints: {},
        breakers: {},
      },
    });
    await vi.waitFor(() => expect(diagnosis.monitor!.subjects()[1]!.state).toBe('stuck'), 5000);
    const before = performance.now();
    await diagnosis.close();
    expect(performance.now() - before).toBeLessThan(4000);
    // Opened for writing, the pipe lets the thread go.
    writeFileSync(pipe, '');
  });
});
