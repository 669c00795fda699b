/** What docs/health.md says can be called, run and followed is there. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { repositoryRoot } from '../../../build/executable.ts';
import { Aggregator } from '../../../health/aggregate/aggregator.ts';
import { parseAggregateSettings } from '../../../health/aggregate/parse-settings.ts';
import { AggregateServer } from '../../../health/aggregate/server.ts';
import { defaultAggregateSettings } from '../../../health/aggregate/settings.ts';
import { systemClock } from '../../../health/clock.ts';
import { silentLog } from '../../../health/log.ts';

const text = readFileSync(join(repositoryRoot, 'docs', 'health.md'), 'utf8');
const script = /```sh\n(url=[^`]*)```/.exec(text)?.[1] ?? '';
/** `GET /path` and `POST /path`, also those that only follow one, as in "`POST /a`, `POST /b`". */
const calls = [...text.matchAll(/`(GET|POST) (\/[^` ]*)`/g)].map(([, method = '', path = '']) => ({
  method,
  path,
}));

/** Runs the pipeline of the page against a server, without its pauses. */
function runScript(url: string): Promise<number> {
  const shortened = script
    .replace('http://127.0.0.1:9921', url)
    .replace('seq 60', 'seq 2')
    .replace('sleep 10', 'sleep 0');
  return new Promise((resolve) => {
    const child = execFile('bash', ['-c', shortened], { timeout: 15_000 });
    child.on('close', (code) => resolve(code ?? -1));
  });
}

async function answering(status: number, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(body));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('docs/health.md', () => {
  let aggregator: Aggregator;
  let server: AggregateServer;
  let url: string;

  beforeAll(async () => {
    const settings = { ...defaultAggregateSettings, listen: { host: '127.0.0.1', port: 0 } };
    const parts = { settings, clock: systemClock, log: silentLog };
    aggregator = new Aggregator(parts);
    await aggregator.open();
    server = new AggregateServer({ ...parts, aggregator });
    url = `http://127.0.0.1:${(await server.listen()).port}`;
  });
  afterAll(async () => {
    await server.close();
    await aggregator.close();
  });

  test('names only calls that the aggregator has', async () => {
    expect(calls.length).toBeGreaterThan(10);
    for (const { method, path } of calls) {
      const concrete = path.replace('<release>', 'r1').replace(/=(?=&|$)/g, '=1');
      const answer = await fetch(`${url}${concrete}`, {
        method,
        ...(method === 'POST' && { body: '{}', headers: { 'content-type': 'application/json' } }),
      });
      await answer.body?.cancel();
      // A body that says nothing is refused as such.
      expect(answer.status, `${method} ${path}`).toBe(method === 'GET' ? 200 : 400);
    }
  });

  test('has a pipeline that goes by the verdict', async () => {
    expect(script).toContain('sleep 10');
    expect(await runScript(url)).toBe(3);
    expect(await runScript(await answering(200, '{"verdict":"pass"}'))).toBe(0);
    expect(await runScript(await answering(200, '{"verdict":"fail"}'))).toBe(1);
    expect(await runScript(await answering(503, '{"verdict":"pass"}'))).toBe(2);
  });

  test('says the defaults that there are', () => {
    const { listen, verdict, ledger, window } = defaultAggregateSettings;
    expect(text).toContain(`${listen.host}:${listen.port}`);
    expect([verdict.alpha, verdict.confidence, verdict.margin, verdict.maxFleetShare]).toEqual([
      0.01, 0.95, 0.01, 0.5,
    ]);
    expect([verdict.stepEpochs, verdict.minNodesPerArm, verdict.dryRun]).toEqual([6, 2, true]);
    expect([ledger.keepEpochs, window.inferEpochs, window.epochs]).toEqual([2160, 6, 90]);
  });

  test('has all settings of the aggregator, with their defaults', () => {
    const settings = /```yaml\n(listen: [^`]*)```/.exec(text)?.[1] ?? '';
    const document = parse(settings) as Readonly<Record<string, unknown>>;
    expect(parseAggregateSettings(document)).toEqual(defaultAggregateSettings);
    // Each section is asked for a key that nobody knows, and answers which there are.
    for (const [name, section] of [['', document], ...Object.entries(document)] as const) {
      if (typeof section !== 'object' || section === null) continue;
      const path = name === '' ? 'nonsense' : `${name}.nonsense`;
      const wrong = name === '' ? { nonsense: 1 } : { [name]: { nonsense: 1 } };
      const known = new RegExp(`${path} is not known; there are (.*)`);
      expect(() => parseAggregateSettings(wrong)).toThrow(known);
      try {
        parseAggregateSettings(wrong);
      } catch (error) {
        const keys = known.exec((error as Error).message)?.[1]?.split(', ') ?? [];
        const told = [
          ...Object.keys(section),
          ...(name === '' ? ['history', 'shards', 'nonsense'] : ['nonsense']),
        ];
        expect(new Set([...keys, 'nonsense'])).toEqual(new Set(told));
      }
    }
  });

  test('has every figure of the aggregator, and no other', async () => {
    const page = await (await fetch(`${url}/metrics`)).text();
    const told = new Map(
      [...page.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]),
    );
    const written = [...text.matchAll(/^\| (`meshlock_[^|]*) \| (\w+) \|/gm)].flatMap(
      ([, names = '', type = '']) =>
        [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => [name, type] as const),
    );
    expect(told.size).toBeGreaterThan(20);
    expect(written).toHaveLength(new Map(written).size);
    expect(new Map(written)).toEqual(told);
  });

  test('leads nowhere that is not there', () => {
    const targets = [...text.matchAll(/\]\(([^)#]+)(?:#([^)]+))?\)/g)].map(([, path = '', anchor]) => ({
      path: join(repositoryRoot, 'docs', path),
      anchor,
    }));
    expect(targets.length).toBeGreaterThan(8);
    for (const { path, anchor } of targets) {
      expect(existsSync(path), path).toBe(true);
      if (anchor === undefined) continue;
      const headings = [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      );
      expect(headings, `${path}#${anchor}`).toContain(anchor);
    }
  });
});
