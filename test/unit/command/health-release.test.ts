import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Aggregator } from '../../../health/aggregate/aggregator.ts';
import { AggregateServer } from '../../../health/aggregate/server.ts';
import { defaultAggregateSettings } from '../../../health/aggregate/settings.ts';
import { systemClock as healthClock } from '../../../health/clock.ts';
import type { Suspect } from '../../../health/infer/evidence.ts';
import { silentLog } from '../../../health/log.ts';
import type { ReleaseVerdict } from '../../../health/verdict/verdict.ts';
import { systemClock } from '../../../src/base/index.ts';
import { main } from '../../../src/command/index.ts';
import { askRelease } from '../../../src/command/health/release-action.ts';

function suspect(node: string, sentence: string): Suspect {
  return {
    node,
    kind: 'application',
    service: 'cart',
    version: '2',
    release: 'r.2',
    theta: 0.2,
    explained: 40,
    gain: 90,
    threshold: 12,
    ambiguity: [],
    edges: [],
    contrast: [],
    sentence,
  };
}

/** Of the room's own type, so that the type checker sees when the two drift apart. */
function verdict(word: ReleaseVerdict['verdict'], more: Partial<ReleaseVerdict> = {}): ReleaseVerdict {
  return {
    verdict: word,
    score: 0.5,
    action: 'continue',
    wouldBe: 'continue',
    dryRun: false,
    reasons: [],
    suspects: [],
    release: { id: 'r.2', service: 'cart', version: '2', order: 'r', iteration: '2' },
    asOf: '2026-11-20T10:00:00.000Z',
    ttl: 10,
    evidence: {
      canary: { version: '2', calls: 40, failures: 0, nodes: 2 },
      baseline: { version: '1', calls: 400, failures: 0, nodes: 6 },
      eValue: 1,
      oddsRatioAtLeast: 1,
      needRequests: 0,
      dispersion: 1,
      strata: 1,
    },
    ...more,
  };
}

const good = verdict('pass', {
  reasons: ['2 fails at most 0.8 % of its calls.', '2 failed 0 % of 400 calls.'],
});
const bad = verdict('fail', {
  reasons: ['2 fails at least 3 times as often as 1.', '2 failed 9 % of 400 calls.', 'cart-3 breaks 20 %.'],
  suspects: [suspect('cart-3', 'cart-3 breaks 20 %.'), suspect('cart-4', 'cart-4 breaks 7 %.')],
});
const open = verdict('inconclusive', {
  reasons: ['No evidence that 2 is worse than 1, and not enough calls to pass.'],
  evidence: { ...good.evidence, needRequests: 151 },
});

/** `null`: hangs up. A number: a status, with the reason that an aggregator gives. */
type Reply = object | string | number | null;

/** Answers these one after another, the last one for ever. */
async function startAggregator(...replies: Reply[]): Promise<{ address: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim());
    reply(response, (replies.length > 1 ? replies.shift() : replies[0]) ?? null);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function reply(response: ServerResponse, answer: Reply): void {
  if (answer === null) {
    response.destroy();
    return;
  }
  const isStatus = typeof answer === 'number';
  response.writeHead(isStatus ? answer : 200, { 'content-type': 'application/json' });
  const body = isStatus ? { error: 'said so' } : answer;
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(...words: string[]): Promise<Ran> {
  const texts = { out: '', err: '' };
  const code = await main(['health', ...words], {
    out: (text) => void (texts.out += text),
    err: (text) => void (texts.err += text),
  });
  return { code, ...texts };
}

function ask(address: string, ...words: string[]): Promise<Ran> {
  return run('--release', 'r.2', '--aggregator', address, ...words);
}

describe('meshlock health --release', () => {
  test('ends with 0 and the reasons on a pass', async () => {
    const { address, asked } = await startAggregator(good);
    expect(await ask(address)).toEqual({
      code: 0,
      out: 'pass: 2 fails at most 0.8 % of its calls.\n  2 failed 0 % of 400 calls.\n',
      err: '',
    });
    expect(asked).toEqual(['GET /v1/releases/r.2/verdict']);
  });

  test('ends with 1 on a fail, at once, and names each suspect once', async () => {
    const { address, asked } = await startAggregator(bad);
    expect(await ask(address, '--wait', '10m')).toEqual({
      code: 1,
      out:
        'fail: 2 fails at least 3 times as often as 1.\n  2 failed 9 % of 400 calls.\n' +
        '  suspect: cart-3 breaks 20 %.\n  suspect: cart-4 breaks 7 %.\n',
      err: '',
    });
    expect(asked).toHaveLength(1);
  });

  test('ends with 3 while it is not known, and says how many calls are needed', async () => {
    const { address, asked } = await startAggregator(open);
    expect(await ask(address)).toEqual({
      code: 3,
      out:
        'inconclusive: No evidence that 2 is worse than 1, and not enough calls to pass.\n' +
        '  calls still needed for a pass: 151\n',
      err: '',
    });
    expect(asked).toHaveLength(1);
  });

  test('asks every two seconds until the verdict is there', async () => {
    const { address, asked } = await startAggregator(open, null, open, good);
    const delays: number[] = [];
    const clock = {
      ...systemClock,
      after: (delayMs: number, go: () => void) => {
        delays.push(delayMs);
        return systemClock.after(0, go);
      },
    };
    const plan = {
      about: 'release',
      aggregator: `http://${address}`,
      tokenFile: null,
      release: 'r.2',
      service: null,
      waitMs: 600_000,
      json: false,
    } as const;
    const out = vi.fn<(text: string) => void>();
    expect(await askRelease(plan, { out, err: out }, clock)).toBe(0);
    expect(delays).toEqual([2000, 2000, 2000]);
    expect(asked).toHaveLength(4);
    expect(out.mock.calls).toEqual([[expect.stringMatching(/^pass: /)]]);
  });

  test('ends with 3 when the wait is over, after a last question', async () => {
    const { address, asked } = await startAggregator(open);
    expect(await ask(address, '--wait', '30ms')).toMatchObject({ code: 3, err: '' });
    expect(asked.length).toBeGreaterThan(1);
  });

  test('asks for one service, and takes any name for a release', async () => {
    const { address, asked } = await startAggregator(good);
    const words = ['--release', 'a b/ü?', '--service', 'cart&x', '--aggregator', address];
    expect(await run(...words)).toMatchObject({ code: 0 });
    expect(asked).toEqual(['GET /v1/releases/a%20b%2F%C3%BC%3F/verdict?service=cart%26x']);
  });

  test('gives the whole answer to programs, with the same exit code', async () => {
    const { address } = await startAggregator(bad);
    const { code, out } = await ask(address, '--json');
    expect([code, JSON.parse(out)]).toEqual([1, bad]);
  });

  test('ends with 1 and the reason when nobody is there in time', async () => {
    const nobody = await ask('127.0.0.1:1', '--wait', '20ms');
    expect(nobody).toMatchObject({ code: 1, out: '' });
    expect(nobody.err).toBe(
      'meshlock: nobody listens on http://127.0.0.1:1: is the aggregator running, and is this its address (--aggregator)?\n',
    );
    const { address, asked } = await startAggregator(503);
    const unready = await ask(address, '--wait', '20ms');
    expect(unready).toEqual({
      code: 1,
      out: '',
      err: `meshlock: http://${address} answers 503: said so\n`,
    });
    expect(asked.length).toBeGreaterThan(1);
  });

  test('counts by the last answer when the aggregator is away at the end', async () => {
    const { address } = await startAggregator(open, null);
    const { code, out, err } = await ask(address, '--wait', '20ms');
    expect([code, out]).toEqual([3, expect.stringMatching(/^inconclusive: /)]);
    expect(err).toContain(`cannot talk to http://${address}`);
    expect(err).toContain('this is what it said before');
  });

  test.each([
    [401, 'wants a token: give --token-file, or MESHLOCK_ADMIN_TOKEN in the environment\n'],
    [400, 'answers 400: said so\n'],
    [403, 'answers 403: said so\n'],
  ])('does not wait after %i', async (status, reason) => {
    const { address, asked } = await startAggregator(status);
    const { code, err } = await ask(address, '--wait', '10m');
    expect([code, err]).toEqual([1, `meshlock: http://${address} ${reason}`]);
    expect(asked).toHaveLength(1);
  });

  test.each<[string, Reply]>([
    ['no JSON', '<html>'],
    ['another program', { status: 'pass' }],
    ['a verdict alone', { verdict: 'pass' }],
    ['a verdict that does not exist', { ...good, verdict: 'passed' }],
    ['a list', [good]],
  ])('does not take %s for a verdict', async (_what, answer) => {
    const { address } = await startAggregator(answer);
    expect(await ask(address)).toEqual({
      code: 1,
      out: '',
      err: `meshlock: http://${address} does not answer like a Meshlock aggregator\n`,
    });
  });

  test('reads what is odd in a verdict with suspicion', async () => {
    const { address } = await startAggregator({
      verdict: 'inconclusive',
      release: {},
      evidence: { needRequests: 'many' },
      reasons: [7, 'one\u001b[2J\ntwo', null],
      suspects: [...Array.from({ length: 12 }, (_, i) => ({ sentence: `node-${i}` })), 'nobody', {}],
    });
    const { code, out } = await ask(address);
    const lines = out.trimEnd().split('\n');
    expect([code, lines[0], lines.length]).toEqual([3, 'inconclusive: one [2J two', 12]);
    expect(lines.at(-1)).toBe('  and 2 more suspects');
  });

  test('gives the token of the file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'meshlock-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'token');
    await writeFile(file, 'secret\n');
    const { address, asked } = await startAggregator(good);
    expect(await ask(address, '--token-file', file)).toMatchObject({ code: 0 });
    expect(asked).toEqual(['GET /v1/releases/r.2/verdict Bearer secret']);
    const refusing = await startAggregator(401);
    const { err } = await ask(refusing.address, '--token-file', file);
    expect(err).toContain('the one given is not right');
    expect(err).not.toContain('secret');
  });

  test('understands an aggregator as it is', async () => {
    const settings = {
      ...defaultAggregateSettings,
      listen: { host: '127.0.0.1', port: 0 },
      token: 'secret',
    };
    const given = { settings, clock: healthClock, log: silentLog };
    const aggregator = new Aggregator(given);
    const server = new AggregateServer({ ...given, aggregator });
    await aggregator.open();
    const { port } = await server.listen();
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await server.close();
      await aggregator.close();
    });
    expect(await ask(`${port}`)).toMatchObject({ code: 1, err: expect.stringContaining('wants a token') });
    vi.stubEnv('MESHLOCK_ADMIN_TOKEN', 'secret');
    expect(await ask(`${port}`, '--service', 'cart')).toEqual({
      code: 3,
      out:
        'inconclusive: No node has reported the release r.2 in the service cart yet.\n' +
        '  calls still needed for a pass: 191\n',
      err: '',
    });
  });
});

describe('the words of meshlock health', () => {
  test('refuses options of a proxy with --release, all at once', async () => {
    const { code, err } = await ask('a/b', '--component', 'dns', '--admin', '9901', '--wait', 'soon');
    expect(code).toBe(2);
    expect(err).toContain('--component: expected not to be used with --release');
    expect(err).toContain('--admin: expected not to be used with --release');
    expect(err).toContain('--aggregator: expected an address such as 127.0.0.1:9921');
    expect(err).toContain('--wait: expected a time');
  });

  test('refuses options of a release without one', async () => {
    const { code, err } = await run('--service', 'cart', '--aggregator', '9921');
    expect(code).toBe(2);
    expect(err).toContain('--service: expected to be used with --release');
    expect(err).toContain('--aggregator: expected to be used with --release');
  });

  test.each(['.', '..', 'r'.repeat(257)])('refuses %s for a release', async (release) => {
    const { code, err } = await run('--release', release);
    expect([code, err]).toEqual([2, expect.stringContaining('--release: expected')]);
  });

  test('does not repeat a password in an address', async () => {
    const { code, err } = await ask('http://me:secret@host');
    expect(code).toBe(2);
    expect(err).not.toContain('secret');
  });
});
