import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { main } from '../../../src/command/index.ts';
import { openerOf } from '../../../src/command/profile/browser.ts';

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly token: string | undefined;
}

type Answers = (request: Request, response: ServerResponse) => void;

/** An admin API that answers as it is told, and remembers what it was asked. */
async function startAdmin(answer: Answers): Promise<{ address: string; requests: Request[] }> {
  const requests: Request[] = [];
  const server = createServer((message: IncomingMessage, response) => {
    const url = new URL(message.url ?? '', 'http://admin');
    const request = {
      method: message.method ?? '',
      path: decodeURIComponent(url.pathname),
      query: Object.fromEntries(url.searchParams),
      token: message.headers.authorization,
    };
    requests.push(request);
    expect(message.headers.accept).toBe('application/json');
    answer(request, response);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const at = Date.UTC(2026, 10, 20, 9, 0, 1);

function capture(id: string, change: object = {}): Record<string, unknown> {
  return {
    id,
    subject: 'data-1',
    kind: 'cpu',
    rule: 'cpu',
    reason: 'cpu 82 % is 64 % above its average of 50 % (limit 25 %)',
    decisionId: 7,
    at,
    from: at - 10_000,
    to: at + 5000,
    tookMs: 5004,
    readings: {
      subject: 'data-1',
      times: [at - 10_000, at - 5000, at, at + 5000],
      values: {
        cpu: [0.4, 0.6, 0.82, 0.96],
        heap: [null, null, 0.2, null],
        rss_bytes: [1024, 1024, 2048, null],
        event_loop_delay_p99: [null, null, null, null],
      },
    },
    kernel: null,
    stacks: [],
    program: {
      name: 'meshlock',
      version: '0.1.0',
      configuration: '3f2a',
      node: 'v24.21.0',
      pid: 4711,
      host: 'node-7',
    },
    diagnosis: {
      certainty: 'named',
      sentence: 'data thread 1 spent 94 % of 5 s in the regular expression at filters/audit.ts:31',
      suspects: [
        {
          place: { functionName: 'audit', file: 'filters/audit.ts', line: 31, url: 'file:///srv/audit.ts' },
          construct: 'regular expression',
          share: 0.94,
          before: 0.002,
          amount: 4700,
          owner: 'filter audit',
        },
      ],
    },
    files: [
      { format: 'pb.gz', bytes: 12_288 },
      { format: 'cpuprofile', bytes: 46_285 },
    ],
    ...change,
  };
}

const first = '20261120T085901.000Z-data-1-cpu';
const second = '20261120T090001.000Z-data-1-cpu';
const profile = Buffer.from([0x1f, 0x8b, 0, 255, 128, 10]);

/** What a proxy with two captures answers. */
const twoCaptures: Answers = ({ path }, response) => {
  const json = (status: number, value: unknown): void => {
    response.statusCode = status;
    response.end(JSON.stringify(value));
  };
  if (path === '/captures') json(200, [capture(second), capture(first)]);
  else if (path === `/captures/${second}`) json(200, capture(second));
  else if (path === `/captures/${second}.pb.gz`) response.end(profile);
  else json(404, { error: `there is no ${path}` });
};

async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await main(['profile', ...words], {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'meshlock-profile-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe('meshlock profile', () => {
  test('explains itself on lines that fit a terminal', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    for (const action of ['list', 'show', 'get', 'take', 'open'])
      expect(out).toContain(`meshlock profile ${action}`);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  });

  test.each([
    [[], ['expected one of list, show, get, take, open, got nothing']],
    [['lsit'], ['got "lsit" (did you mean list?)']],
    [['show'], ['expected the id of a capture, or latest, got nothing']],
    [['take'], ['expected a subject, such as data-1 or process, got nothing']],
    [['list', 'x'], ['x: expected no further word']],
    [
      ['list', '--seconds', '5', '--force', '--kind', 'cup'],
      [
        '--seconds: expected to be used with take, got list',
        '--force: expected to be used with get, got list',
        '--kind: expected one of cpu, heap, handles, stack, snapshot, got "cup" (did you mean cpu?)',
      ],
    ],
    [['take', 'data-1', '--seconds', '0'], ['--seconds: expected a whole number, 1 to 120, got "0"']],
    [['take', 'data-1', '--seconds', '1e1'], ['--seconds: expected a whole number']],
    [['get', 'latest', '--format', 'pprof'], ['--format: expected one of pb.gz']],
    [['get', 'latest', '--output=-'], ['--output: expected a file']],
    [['list', '--admin', '127.0.0.1:99999'], ['--admin: expected an address such as']],
    [['list', '--admin', 'http://127.0.0.1:1/x'], ['--admin: expected an address such as']],
    [['list', '--admin', 'http://me:secret@127.0.0.1:1'], ['got one with a user']],
  ])('refuses %j', async (words, messages) => {
    const { code, out, err } = await run(...words);
    for (const message of messages) expect(err).toContain(message);
    expect(err).not.toContain('secret');
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  test('says that nobody listens, and what to look at', async () => {
    const { address } = await startAdmin(twoCaptures);
    const port = address.split(':')[1]!;
    const { code, out, err } = await run('list', '--admin', `127.0.0.9:${port}`);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toBe(
      `meshlock: nobody listens on http://127.0.0.9:${port}: is the proxy running, and is this its admin address (--admin)?\n`,
    );
  });

  test('says what the admin API says when it refuses', async () => {
    const { address } = await startAdmin((_, response) => {
      response.statusCode = 400;
      const problem = {
        path: 'subject',
        expected: 'a known subject',
        got: '"data-9"',
        hint: 'did you mean data-1?',
      };
      response.end(JSON.stringify({ error: 'bad parameters', problems: [problem] }));
    });
    const { code, err } = await run('take', 'data-9', '--admin', address);
    expect(code).toBe(1);
    expect(err).toContain(
      'meshlock: bad parameters\n  subject: expected a known subject, got "data-9" (did you mean data-1?)\n',
    );
  });

  test.each([
    ['text', 'hello', 'does not answer like a Meshlock admin API'],
    ['another list', '{"captures": []}', 'is no list of captures'],
  ])('is not misled by a server that answers %s', async (_, body, message) => {
    const { address } = await startAdmin((_request, response) => void response.end(body));
    const { code, err } = await run('list', '--admin', address);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });

  test('says when the connection breaks', async () => {
    const { address } = await startAdmin((_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('[', () => response.destroy());
    });
    const { code, err } = await run('list', '--admin', address);
    expect(code).toBe(1);
    expect(err).toMatch(/^meshlock: cannot talk to http:\/\/127\.0\.0\.1:\d+: \w+/);
  });

  test('says when the proxy has no captures at all', async () => {
    const { address } = await startAdmin((_, response) => {
      response.statusCode = 404;
      response.end('{"error":"there is no /captures"}');
    });
    const { code, err } = await run('list', '--admin', address);
    expect(code).toBe(1);
    expect(err).toContain('has no captures: the proxy is older, or does not watch itself');
  });
});

describe('the token of meshlock profile', () => {
  test('comes from a file, else from the environment, and stays unsaid', async () => {
    const { address, requests } = await startAdmin(({ token }, response) => {
      response.statusCode = token === 'Bearer right' ? 200 : 401;
      response.end(token === 'Bearer right' ? '[]' : '{"error":"no"}');
    });
    const file = join(folder(), 'token');
    writeFileSync(file, 'right\n');
    vi.stubEnv('MESHLOCK_ADMIN_TOKEN', 'wrong-token');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await run('list', '--admin', address, '--token-file', file)).toMatchObject({ code: 0 });
    const refused = await run('list', '--admin', address);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(
      'wants a token: give --token-file, or MESHLOCK_ADMIN_TOKEN in the environment',
    );
    expect(refused.err).toContain('the one given is not right');
    expect(refused.err).not.toContain('wrong-token');
    vi.stubEnv('MESHLOCK_ADMIN_TOKEN', 'right');
    expect(await run('list', '--admin', address)).toMatchObject({ code: 0 });
    vi.stubEnv('MESHLOCK_ADMIN_TOKEN', '');
    expect((await run('list', '--admin', address)).err).not.toContain('the one given');
    expect(requests.map(({ token }) => token)).toEqual([
      'Bearer right',
      'Bearer wrong-token',
      'Bearer right',
      undefined,
    ]);
  });

  test.each([
    ['', 'is empty: expected a token'],
    ['two\nlines', 'holds no token'],
  ])('is refused when its file holds %j', async (text, message) => {
    const file = join(folder(), 'token');
    writeFileSync(file, text);
    const { code, err } = await run('list', '--token-file', file);
    expect(code).toBe(1);
    expect(err).toContain(message);
    expect((await run('list', '--token-file', `${file}-gone`)).err).toContain(
      'cannot read the token: ENOENT',
    );
  });
});

describe('meshlock profile list', () => {
  test('prints a line for each, with the sentence', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: at + 12_000 });
    onTestFinished(() => void vi.useRealTimers());
    const { address, requests } = await startAdmin(twoCaptures);
    const { code, out, err } = await run('list', '--admin', address, '--subject', 'data-1', '--kind', 'cpu');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(
      [
        'ID                               AGE   SUBJECT  KIND  RULE  WHAT HAPPENED',
        ...[second, first].map(
          (id) =>
            `${id}  12 s  data-1   cpu   cpu   data thread 1 spent 94 % of 5 s in the regular expression at filters/audit.ts:31`,
        ),
        '',
      ].join('\n'),
    );
    expect(requests[0]).toMatchObject({ method: 'GET', query: { subject: 'data-1', kind: 'cpu' } });
  });

  test('gives programs the whole records', async () => {
    const { address } = await startAdmin(twoCaptures);
    const { out } = await run('list', '--admin', address, '--json');
    expect(JSON.parse(out)).toEqual([capture(second), capture(first)]);
  });

  test('says that there are none', async () => {
    const { address } = await startAdmin((_, response) => void response.end('[]'));
    expect(await run('list', '--admin', address)).toEqual({ code: 0, out: 'no captures\n', err: '' });
    expect(await run('list', '--admin', `http://${address}`, '--json')).toMatchObject({ out: '[]\n' });
  });

  test('shows what it can of records that it does not understand, and moves no cursor', async () => {
    const sentence = 'evil \u001b[2J\u001b]0;title\u0007 \u202egnp';
    const odd = [
      { id: 'a' },
      7,
      null,
      {},
      capture('b', { diagnosis: { sentence }, files: 'none', readings: [] }),
    ];
    const { address } = await startAdmin((_, response) => void response.end(JSON.stringify(odd)));
    const { code, out } = await run('list', '--admin', address);
    expect(code).toBe(0);
    expect(out.split('\n').length).toBe(4);
    expect(out).toContain('  evil [2J ]0;title gnp\n');
    expect(out).not.toMatch(/[^\n\x20-\x7e]/);
  });
});

describe('meshlock profile show', () => {
  test('prints the sentence and what belongs to it, as the documentation has it', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: at + 12_000 });
    onTestFinished(() => void vi.useRealTimers());
    const readings = {
      subject: 'data-1',
      times: [at - 10_000, at - 5000, at, at + 5000],
      values: { cpu: [0.4, 0.6, 0.82, 0.96], heap: [null, null, 0.2, null] },
    };
    const { address } = await startAdmin(
      (_, response) => void response.end(JSON.stringify([capture(second, { readings })])),
    );
    const { code, out } = await run('show', 'latest', '--admin', address);
    expect(code).toBe(0);
    const page = readFileSync(new URL('../../../docs/command-line.md', import.meta.url), 'utf8');
    expect(page).toContain(`$ meshlock profile show latest\n${out}\`\`\``);
  });

  test('knows the units of readings, and leaves out those that were never had', async () => {
    const { address } = await startAdmin(twoCaptures);
    const { out } = await run('show', second, '--admin', address);
    expect(out).toMatch(/^ {2}rss_bytes +1\.0 KiB +2\.0 KiB +-$/m);
    expect(out).not.toContain('event_loop_delay_p99');
  });

  test('gives programs the whole record', async () => {
    const { address } = await startAdmin(twoCaptures);
    expect(JSON.parse((await run('show', second, '--admin', address, '--json')).out)).toEqual(
      capture(second),
    );
  });

  test('names the nearest capture for one that is not there', async () => {
    const { address } = await startAdmin(twoCaptures);
    const ask = async (name: string): Promise<string> => (await run('show', name, '--admin', address)).err;
    expect(await run('show', `${second}x`, '--admin', address)).toEqual({
      code: 1,
      out: '',
      err: `meshlock: there is no capture "${second}x" (did you mean ${second}?)\n`,
    });
    expect(await ask('085901')).toContain(`did you mean ${first}?`);
    expect(await ask('entirely-different')).toContain(`the newest is ${second}`);
    expect(await ask('../../quitquitquit')).toContain('there is no capture "../../quitquitquit"');
  });

  test('asks for nothing but that capture, whatever it is called', async () => {
    const { address, requests } = await startAdmin(twoCaptures);
    await run('show', '../quitquitquit?x=1#y', '--admin', address);
    expect(requests.map(({ path }) => path)).toEqual(['/captures/../quitquitquit?x=1#y', '/captures']);
  });

  test('says that there is none yet', async () => {
    const { address } = await startAdmin((_, response) => void response.end('[]'));
    expect(await run('show', 'latest', '--admin', address)).toMatchObject({
      code: 1,
      err: 'meshlock: nothing has been captured yet\n',
    });
  });
});

describe('meshlock profile get', () => {
  test('saves the file for its owner only', async () => {
    const { address } = await startAdmin(twoCaptures);
    const path = join(folder(), 'here.pb.gz');
    const { code, out } = await run('get', second, '-o', path, '--admin', address);
    expect({ code, out }).toEqual({ code: 0, out: `${path}: 6 B\n` });
    expect(Buffer.compare(readFileSync(path), profile)).toBe(0);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, '..'))).toEqual(['here.pb.gz']);
  });

  test('names the file by the capture, in this folder', async () => {
    const { address } = await startAdmin(({ path }, response) => {
      const odd = capture('../../etc/x y', { files: [{ format: '../json', bytes: 2 }] });
      response.end(path === '/captures' ? JSON.stringify([odd]) : '{}');
    });
    const here = folder();
    const before = process.cwd();
    process.chdir(here);
    onTestFinished(() => process.chdir(before));
    const { code } = await run('get', 'latest', '--admin', address);
    expect(code).toBe(0);
    expect(readdirSync(here)).toEqual(['__.._etc_x_y..._json']);
  });

  test('overwrites only when told to', async () => {
    const { address, requests } = await startAdmin(twoCaptures);
    const path = join(folder(), 'mine');
    writeFileSync(path, 'mine');
    const refused = await run('get', second, '-o', path, '--admin', address);
    expect(refused).toEqual({
      code: 1,
      out: '',
      err: `meshlock: ${path} exists: use --force to overwrite it, or name another file with -o\n`,
    });
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(requests.length).toBe(1);
    expect((await run('get', second, '-o', path, '--force', '--admin', address)).code).toBe(0);
    expect(readFileSync(path).length).toBe(6);
  });

  test('does not overwrite what was made in the meantime', async () => {
    const path = join(folder(), 'race');
    const { address } = await startAdmin((request, response) => {
      if (request.path.endsWith('.pb.gz')) writeFileSync(path, 'faster');
      twoCaptures(request, response);
    });
    expect((await run('get', second, '-o', path, '--admin', address)).code).toBe(1);
    expect(readFileSync(path, 'utf8')).toBe('faster');
    expect(readdirSync(join(path, '..'))).toEqual(['race']);
  });

  test('leaves nothing when the connection breaks half way', async () => {
    const { address } = await startAdmin((request, response) => {
      if (!request.path.endsWith('.pb.gz')) return twoCaptures(request, response);
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half', () => response.destroy());
    });
    const here = folder();
    const { code, err } = await run('get', second, '-o', join(here, 'x'), '--admin', address);
    expect(code).toBe(1);
    expect(err).toContain(`cannot write ${join(here, 'x')}`);
    expect(readdirSync(here)).toEqual([]);
  });

  test('says which formats there are', async () => {
    const { address } = await startAdmin(twoCaptures);
    expect(await run('get', second, '--format', 'heapsnapshot', '--admin', address)).toMatchObject({
      code: 1,
      err: `meshlock: ${second} is not to be had as heapsnapshot: it has pb.gz, cpuprofile\n`,
    });
  });

  test('says when a capture has no files, and when the folder is not there', async () => {
    const { address } = await startAdmin((request, response) => {
      if (request.path !== '/captures') return twoCaptures(request, response);
      response.end(JSON.stringify([capture('a', { files: [] })]));
    });
    expect((await run('get', 'latest', '--admin', address)).err).toContain('a has no files, only its record');
    const path = join(folder(), 'no', 'x');
    expect((await run('get', second, '-o', path, '--admin', address)).err).toContain(
      `cannot write ${path}: ENOENT`,
    );
    const directory = folder();
    expect((await run('get', second, '-o', directory, '--force', '--admin', address)).err).toContain(
      'is a directory',
    );
  });
});

describe('meshlock profile take', () => {
  test('waits for the capture and prints its sentence', async () => {
    const { address, requests } = await startAdmin(
      (_, response) => void response.end(JSON.stringify(capture(second, { rule: 'request' }))),
    );
    const { code, out, err } = await run('take', 'data-1', '--seconds', '10', '--admin', address);
    expect(code).toBe(0);
    expect(out).toBe(
      `data thread 1 spent 94 % of 5 s in the regular expression at filters/audit.ts:31\n${second}\n`,
    );
    expect(err).toBe('taking a cpu capture of data-1 ...\n');
    expect(requests).toEqual([
      {
        method: 'POST',
        path: '/captures',
        query: { subject: 'data-1', kind: 'cpu', seconds: '10' },
        token: undefined,
      },
    ]);
    const json = await run('take', 'data-1', '--kind', 'handles', '--json', '--admin', address);
    expect(JSON.parse(json.out)).toMatchObject({ id: second });
    expect(json.err).toBe('');
    expect(requests[1]?.query).toEqual({ subject: 'data-1', kind: 'handles' });
  });

  test('says why the proxy takes none', async () => {
    const { address } = await startAdmin((_, response) => {
      response.statusCode = 409;
      response.end('{"error":"a cpu capture of data thread 1 is being taken"}');
    });
    const { code, out, err } = await run('take', 'data-1', '--admin', address);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('meshlock: a cpu capture of data thread 1 is being taken\n');
  });
});

describe('meshlock profile open', () => {
  test.each([
    ['cpuprofile', ['pb.gz', 'cpuprofile']],
    ['heapprofile', ['pb.gz', 'heapprofile']],
    ['pb.gz', ['json', 'pb.gz']],
  ])('prints the address of the flame graph of a %s', async (format, formats) => {
    const files = formats.map((each) => ({ format: each, bytes: 1 }));
    const { address } = await startAdmin(
      (_, response) => void response.end(JSON.stringify([capture(first, { files })])),
    );
    expect(await run('open', 'latest', '--print', '--admin', address)).toEqual({
      code: 0,
      out: `http://${address}/speedscope/index.html#profileURL=/captures/${first}.${format}\n`,
      err: '',
    });
  });

  test('says when there is nothing to draw', async () => {
    const { address } = await startAdmin(
      (_, response) =>
        void response.end(JSON.stringify([capture('a', { files: [{ format: 'json', bytes: 1 }] })])),
    );
    expect((await run('open', 'latest', '--admin', address)).err).toContain('a has nothing to draw');
  });

  test.runIf(process.platform === 'linux')(
    'calls the opener with the address as it is, without a shell',
    async () => {
      const { address } = await startAdmin(twoCaptures);
      const here = folder();
      const opener = join(here, 'xdg-open');
      writeFileSync(
        opener,
        `#!/bin/sh\nprintf '%s|' "$@" > "${here}/unfinished" && mv "${here}/unfinished" "${here}/called"\n`,
      );
      chmodSync(opener, 0o700);
      vi.stubEnv('PATH', `${here}:${process.env['PATH']}`);
      vi.stubEnv('DISPLAY', ':7');
      onTestFinished(() => void vi.unstubAllEnvs());
      const { code, out, err } = await run('open', second, '--admin', address);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      await expect.poll(() => existsSync(join(here, 'called'))).toBe(true);
      expect(readFileSync(join(here, 'called'), 'utf8')).toBe(`${out.trim()}|`);
    },
  );

  test.runIf(process.platform === 'linux')('says when there is no browser', async () => {
    const { address } = await startAdmin(twoCaptures);
    vi.stubEnv('PATH', folder());
    vi.stubEnv('DISPLAY', ':7');
    onTestFinished(() => void vi.unstubAllEnvs());
    const expected = { code: 0, err: 'no browser here: open the address yourself\n' };
    expect(await run('open', second, '--admin', address)).toMatchObject(expected);
    vi.stubEnv('DISPLAY', '');
    vi.stubEnv('WAYLAND_DISPLAY', '');
    expect(await run('open', second, '--admin', address)).toMatchObject(expected);
  });

  test('says that the browser will be asked for the token', async () => {
    const { address } = await startAdmin(twoCaptures);
    vi.stubEnv('MESHLOCK_ADMIN_TOKEN', 'secret-token');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { out, err } = await run('open', second, '--print', '--admin', address);
    expect(err).toContain('as the password');
    expect(out + err).not.toContain('secret-token');
  });

  test('knows the opener of each platform', () => {
    expect(openerOf('darwin', {})).toEqual(['open']);
    expect(openerOf('win32', {})).toEqual(['rundll32', 'url.dll,FileProtocolHandler']);
    expect(openerOf('linux', {})).toBeNull();
    expect(openerOf('linux', { DISPLAY: '' })).toBeNull();
    expect(openerOf('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toEqual(['xdg-open']);
  });
});
