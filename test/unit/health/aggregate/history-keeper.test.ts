import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HistoryKeeper, type Past } from '../../../../health/aggregate/history-keeper.ts';
import { defaultHistorySettings } from '../../../../health/aggregate/history-settings.ts';
import type { HistorySettings } from '../../../../health/aggregate/history-settings.ts';
import { ManualClock } from '../../holmes/manual-clock.ts';
import { eventually } from '../../../integration/process/eventually.ts';
import { type Asked, matrix, startScripted } from '../history/scripted-engine.ts';

const minute = 60;

/** One call a minute to version 2, for the last `minutes` of what is asked for. */
function calls(asked: Asked, minutes = 3): string {
  const end = Number(asked.form.get('end'));
  const query = asked.form.get('query') ?? '';
  const points = Array.from({ length: minutes + 1 }, (_, n) => [end - (minutes - n) * minute, String(n)]);
  if (!query.startsWith('meshlock_edge_requests_total')) return matrix();
  return matrix({ metric: { job: 'mesh', instance: 'web-1', peer_version: '2' }, values: points });
}

interface Setup {
  readonly keeper: HistoryKeeper;
  readonly clock: ManualClock;
  readonly asked: readonly Asked[];
  readonly log: readonly string[];
  readonly read: readonly (readonly [service: string, past: Past])[];
}

async function keeping(
  answer: (response: ServerResponse, asked: Asked) => void,
  { maxRows = 1000, ...overrides }: Partial<HistorySettings> & { readonly maxRows?: number } = {},
): Promise<Setup> {
  const engine = await startScripted(answer);
  const clock = new ManualClock();
  const log: string[] = [];
  const read: [string, Past][] = [];
  const keeper = new HistoryKeeper({
    settings: { ...defaultHistorySettings, url: engine.url, ...overrides },
    clock,
    log: { info: (message) => log.push(message), warn: (message) => log.push(message) },
    maxRows,
    onRead: (service, past) => read.push([service, past]),
  });
  onTestFinished(() => keeper.close());
  return { keeper, clock, asked: engine.asked, log, read };
}

const serviceOf = ({ form }: Asked) => /peer_service="(\w+)"/.exec(form.get('query') ?? '')?.[1];

describe('HistoryKeeper', () => {
  test('reads the past of a service when it is wanted, once in ten minutes', async () => {
    const { keeper, clock, read, asked } = await keeping((response, one) => response.end(calls(one)));
    expect(keeper.past('cart')).toBeNull();
    keeper.want('cart');
    keeper.want('cart');
    expect(keeper.past('cart')).toBeNull();
    await keeper.settled();
    expect(keeper.past('cart')?.windows).toHaveLength(3);
    expect(asked).toHaveLength(3);
    clock.advance(599_000);
    keeper.want('cart');
    await keeper.settled();
    expect(read).toHaveLength(1);
    clock.advance(1000);
    keeper.want('cart');
    await keeper.settled();
    expect(read).toHaveLength(2);
    expect(keeper.status).toMatchObject({ state: 'ok', reads: { ok: 2, failed: 0 }, services: 1, rows: 3 });
  });

  test('asks for one service after the other', async () => {
    let underWay = 0;
    let most = 0;
    const { keeper, read } = await keeping((response, one) => {
      if (one.form.get('query')?.startsWith('meshlock_node_info') === true) most = Math.max(most, ++underWay);
      setImmediate(() => {
        if (serviceOf(one) !== undefined && one.form.get('query')?.includes('failures') === true) underWay--;
        response.end(calls(one));
      });
    });
    for (const service of ['cart', 'stock', 'mail']) keeper.want(service);
    await keeper.settled();
    expect(read.map(([service]) => service)).toEqual(['cart', 'stock', 'mail']);
    expect(most).toBe(1);
  });

  test('does not wait for an engine that does not answer, and leaves it alone for longer and longer', async () => {
    let isDead = true;
    const { keeper, clock, asked, log } = await keeping((response, one) => {
      if (!isDead) response.end(calls(one));
    });
    const hang = async () => {
      keeper.want('cart');
      const before = asked.length;
      await eventually(
        () => (asked.length >= before + 3 ? true : undefined),
        () => 'the questions',
      );
      clock.advance(10_000);
      await keeper.settled();
    };
    await hang();
    expect(keeper.status).toMatchObject({
      state: 'failing',
      reason: expect.stringContaining('did not answer') as string,
    });
    clock.advance(9999);
    keeper.want('cart');
    await keeper.settled();
    expect(asked).toHaveLength(3);
    clock.advance(1);
    await hang();
    clock.advance(19_999);
    keeper.want('cart');
    await keeper.settled();
    expect(asked).toHaveLength(6);
    isDead = false;
    clock.advance(1);
    keeper.want('cart');
    await keeper.settled();
    expect(keeper.status).toMatchObject({ state: 'ok', reason: '', reads: { ok: 1, failed: 2 } });
    expect(log).toEqual(['the history cannot be read', 'the history answers again']);
  });

  test('does not hold against the engine that it cannot answer one question', async () => {
    const { keeper, log, read } = await keeping((response, one) => {
      if (serviceOf(one) === 'cart')
        response.writeHead(422).end(JSON.stringify({ status: 'error', error: 'too many samples' }));
      else response.end(calls(one));
    });
    for (const service of ['cart', 'stock']) keeper.want(service);
    await keeper.settled();
    expect(read.map(([service]) => service)).toEqual(['stock']);
    expect(keeper.status).toMatchObject({ state: 'ok', reads: { ok: 1, failed: 1 } });
    expect(keeper.reason('cart')).toContain('too many samples');
    expect(keeper.reason('stock')).toBe('');
    expect(log).toEqual(['the history of a service cannot be read']);
  });

  test('keeps as many rows as it may, the youngest of those that were wanted last', async () => {
    const { keeper } = await keeping((response, one) => response.end(calls(one, 8)), { maxRows: 12 });
    for (const service of ['cart', 'stock', 'mail']) {
      keeper.want(service);
      await keeper.settled();
    }
    expect(keeper.past('stock')).toBeNull();
    expect(keeper.status).toMatchObject({ services: 1, rows: 8 });
    const small = await keeping((response, one) => response.end(calls(one, 8)), { maxRows: 5 });
    small.keeper.want('cart');
    await small.keeper.settled();
    expect(small.keeper.past('cart')?.windows).toHaveLength(5);
    const youngest = small.keeper.past('cart')?.windows.at(-1)?.epoch ?? 0;
    expect(youngest * 10_000 + 120_000).toBe(small.clock.wall());
  });

  test('reads its token anew each time, and says when there is none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'meshlock-token-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'token');
    const { keeper, clock, asked } = await keeping((response, one) => response.end(calls(one)), {
      token: { token: '', file },
    });
    keeper.want('cart');
    await keeper.settled();
    expect(keeper.status.reason).toBe(`the token in ${file} cannot be read (ENOENT)`);
    for (const token of ['first', 'second']) {
      await writeFile(file, `${token}\n`);
      clock.advance(600_000);
      keeper.want('cart');
      await keeper.settled();
      expect(asked.at(-1)?.authorization).toBe(`Bearer ${token}`);
    }
    await writeFile(file, 'not a token');
    clock.advance(600_000);
    keeper.want('cart');
    await keeper.settled();
    expect(keeper.status.reason).toContain('must hold one token');
    expect(keeper.status.reason).not.toContain('not a token');
  });

  test('gives up what is under way when it is closed', async () => {
    const { keeper, asked, read } = await keeping(() => {});
    keeper.want('cart');
    await eventually(
      () => (asked.length >= 3 ? true : undefined),
      () => 'the questions',
    );
    await keeper.close();
    keeper.want('cart');
    await keeper.settled();
    expect(read).toEqual([]);
    expect(keeper.status.reads).toEqual({ ok: 0, failed: 0 });
  });

  test('asks nobody when no engine is set', async () => {
    const keeper = new HistoryKeeper({
      settings: defaultHistorySettings,
      clock: new ManualClock(),
      log: { info() {}, warn() {} },
      maxRows: 10,
      onRead: () => expect.unreachable(),
    });
    keeper.want('cart');
    await keeper.settled();
    expect(keeper.status).toMatchObject({ engine: '', state: 'off' });
    await keeper.close();
  });
});
