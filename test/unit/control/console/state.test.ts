/** What the console is told of this node at one moment. */
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../../src/base/index.ts';
import { consoleRoutes } from '../../../../src/control/console/admin-routes.ts';
import { type ConsoleState, consoleState } from '../../../../src/control/console/state.ts';
import { type Admin, startAdmin } from '../../admin/harness.ts';
import { CountedTraffic, consoleSources } from './sources.ts';

const module = '../../../../src/control/console/assets/gate.js';
const { gateVerdict } = (await import(module)) as {
  gateVerdict(state: object): {
    readonly tone: string;
    readonly word: string;
    readonly reasons: readonly string[];
  };
};

describe('/console/state', () => {
  test('has the counters of what the configuration names, with their bounds', () => {
    const traffic = new CountedTraffic();
    traffic.count(7, 1, 2);
    traffic.count(3, 4, 15);
    const { traffic: told } = consoleState({ ...consoleSources(), traffic: traffic.figures }, '1');
    expect(told.bounds[0]).toBe(0.5);
    expect(told.bounds).toHaveLength(15);
    expect(told.listeners).toMatchObject([
      { name: 'inbound', requests: [0, 7, 0, 0, 3, 0], connectionsActive: 3 },
    ]);
    expect(told.listeners[0]!.durations).toHaveLength(16);
    expect(told.listeners[0]!.durations[2]).toBe(7);
    expect(told.listeners[0]!.durations[15]).toBe(3);
    expect(told.clusters).toMatchObject([
      { name: 'app', requests: [0, 7, 0, 0, 3, 0], retries: 2, overflow: 0 },
    ]);
    expect(told.left).toEqual({ listeners: 0, clusters: 0 });
  });

  test('has the endpoints of the clusters that it shows, and asks for no others', () => {
    const asked: string[] = [];
    const clusters = {
      names: () => ['app', 'never-counted'],
      count: (name: string) => {
        asked.push(name);
        return { endpoints: 2, usable: 1 };
      },
    };
    const state = consoleState({ ...consoleSources(), clusters }, '1');
    expect(state.clusters).toEqual([{ name: 'app', endpoints: 2, usable: 1 }]);
    expect(asked).toEqual(['app']);
  });

  test('says how many reasons it leaves out, of very many', () => {
    const sources = consoleSources();
    const reasons = Array.from({ length: 10_000 }, (_, i) => `cluster c${i}: waits for its first look-up`);
    const readiness = () => ({ ready: false, reasons, components: [] });
    const admin = {
      serverInfo: () => sources.admin.serverInfo(),
      threads: () => [],
      listeners: () => [],
      readiness,
    };
    const told = consoleState({ ...sources, admin }, '1').readiness;
    expect(told.reasons).toHaveLength(51);
    expect(told.reasons.at(-1)).toBe('and 9950 more');
  });

  test('is of one instance as long as the process lives, and of another after a restart', async () => {
    const clock = new ManualClock();
    const instanceOf = async (admin: Admin): Promise<unknown> =>
      ((await admin.json('/console/state')) as ConsoleState).instance;
    const start = (): Promise<Admin> => startAdmin({ routes: consoleRoutes({ ...consoleSources(), clock }) });
    const first = await start();
    const instance = await instanceOf(first);
    clock.advance(1234.5);
    expect(await instanceOf(first)).toBe(instance);
    expect(await instanceOf(await start())).not.toBe(instance);
  });

  test('tells what was wrong with a reload that was refused', () => {
    const refused = { atMs: 5, problems: [{ path: 'listeners', expected: 'a list', got: '3' }] };
    const configuration = () => ({
      origin: 'm.yaml',
      version: 2,
      appliedAtMs: 1,
      refused,
      waiting: ['data_threads'],
    });
    expect(consoleState({ ...consoleSources(), configuration }, '1').configuration).toEqual({
      origin: 'm.yaml',
      version: 2,
      appliedAt: 1,
      refused: { at: 5, problems: [expect.stringContaining('listeners')] },
      waiting: ['data_threads'],
    });
  });

  test('says why nothing is watched', () => {
    expect(consoleState(consoleSources(), '1').diagnosis).toEqual({
      on: false,
      obstacle: 'holmes.enabled is false',
    });
  });

  test('holds no command line', () => {
    expect(JSON.stringify(consoleState(consoleSources(), '1'))).not.toContain('commandLineOptions');
  });
});

describe('whether a node takes traffic', () => {
  const override = { to: 'closed', by: 'admin API', until: 9, reason: 'work' } as const;
  const base: Pick<ConsoleState, 'server' | 'readiness' | 'gate'> = consoleState(consoleSources(), '1');
  const closed = {
    ...base.gate,
    state: 'closed',
    waitingFor: ['cluster app: 0 of 2 endpoints are healthy'],
  } as const;
  const unready = { ready: false, reasons: ['cluster app: 0 of 2 endpoints are healthy'], components: [] };

  test.each([
    ['it is open and ready', {}, 'good', 'Takes traffic', 0],
    [
      'it is held open',
      { gate: { ...base.gate, override: { ...override, to: 'open' } } },
      'warn',
      'Takes traffic, held open',
      0,
    ],
    [
      'it starts',
      { server: { ...base.server, state: 'INITIALIZING' }, readiness: unready, gate: closed },
      'warn',
      'Starting',
      1,
    ],
    [
      'it never was open',
      { readiness: unready, gate: { ...closed, hasOpened: false } },
      'bad',
      'Takes no traffic yet',
      1,
    ],
    [
      'it is held closed',
      { readiness: unready, gate: { ...closed, override } },
      'bad',
      'Held closed: callers are sent elsewhere',
      0,
    ],
    [
      'something failed since',
      { readiness: unready, gate: closed },
      'bad',
      'Not ready: callers are sent elsewhere',
      1,
    ],
  ])('is told when %s', (_, change, tone, word, reasons) => {
    const verdict = gateVerdict({ ...base, ...change });
    expect([verdict.tone, verdict.word, verdict.reasons.length]).toEqual([tone, word, reasons]);
  });
});
