import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createLog } from '../../../src/telemetry/control.ts';
import { LogLines } from './log-lines.ts';

function textLines(write: (log: ReturnType<typeof createLog>) => void): string {
  const output = new LogLines();
  write(createLog('info', 'text', output));
  return output.lines.join('');
}

describe('createLog, JSON', () => {
  test('writes time, level, component and message, then the fields', () => {
    const output = new LogLines();
    output.log.child('xds').warn('refused', { version: 7 });
    const [line] = output.lines;
    expect(line).toMatch(
      /^\{"level":"warn","time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","component":"xds","version":7,"message":"refused"\}\n$/,
    );
  });

  test('writes only what is at or above the level', () => {
    const output = new LogLines();
    const log = createLog('warn', 'json', output);
    for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) log[level](level);
    expect(output.entries.map((entry) => entry.level)).toEqual(['warn', 'error', 'fatal']);
    expect(log.enabled('info')).toBe(false);
    log.setLevel('silent');
    log.fatal('not even this');
    expect(output.lines).toHaveLength(3);
  });

  test('changes the level of children that exist already, and of one component alone', () => {
    const output = new LogLines();
    const log = createLog('warn', 'json', output);
    const xds = log.child('xds');
    const dns = log.child('dns');
    log.setLevel('debug', 'xds');
    xds.debug('1');
    dns.debug('2');
    expect(log.levels()).toEqual({ dns: 'warn', main: 'warn', xds: 'debug' });
    log.setLevel('info');
    xds.debug('3');
    dns.info('4');
    expect(output.entries.map((entry) => entry.message)).toEqual(['1', '4']);
    expect(log.levels()).toEqual({ dns: 'info', main: 'info', xds: 'info' });
  });

  test('writes errors with their code and causes', () => {
    const output = new LogLines();
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    output.log.error('failed', { error: new TypeError('no answer', { cause }) });
    expect(output.entries[0]?.error).toMatchObject({
      type: 'TypeError',
      message: 'no answer',
      stack: expect.stringContaining('log.test.ts'),
      cause: { type: 'Error', message: 'refused', code: 'ECONNREFUSED' },
    });
  });

  test('does not end on cycles, depth or values that JSON does not know', () => {
    const output = new LogLines();
    const loop: Record<string, unknown> = {
      n: 10n,
      when: new Date(0),
      set: new Set([1]),
      bytes: Buffer.from('abc'),
    };
    loop.self = loop;
    output.log.info('odd', { loop, nothing: undefined, fn: () => {}, list: Array.from({ length: 500 }) });
    const [entry] = output.entries;
    expect(entry?.loop).toMatchObject({
      n: '10',
      when: '1970-01-01T00:00:00.000Z',
      set: [1],
      bytes: '[3 bytes]',
    });
    expect(entry?.list).toHaveLength(200);
    expect(JSON.stringify(entry)).toContain('[deeper]');
  });
});

describe('createLog, redaction', () => {
  const secret = 'hunter2-and-more';

  test('hides fields by their names at any depth', () => {
    const output = new LogLines();
    output.log.info('configured', {
      token: secret,
      admin: { token: secret, address: '127.0.0.1:9901' },
      a: { b: { c: [{ Authorization: secret }, { 'set-cookie': secret }] } },
      password: secret,
      private_key: secret,
      privateKey: Buffer.from(secret),
      apiKey: 7,
      clientSecret: { value: secret },
      hasToken: true,
      noToken: null,
    });
    const [line = ''] = output.lines;
    expect(line).not.toContain(secret);
    expect(output.entries[0]).toMatchObject({
      token: '[redacted]',
      admin: { token: '[redacted]', address: '127.0.0.1:9901' },
      apiKey: '[redacted]',
      hasToken: true,
      noToken: null,
    });
  });

  test('hides credentials within texts, errors included', () => {
    const output = new LogLines();
    output.log.info(`sent Authorization: Bearer ${secret}`, {
      url: `https://user:${secret}@example.org/path?a=1`,
      header: `basic ${secret}`,
      error: new Error(`cannot reach http://${secret}@host/`),
    });
    const [line = ''] = output.lines;
    expect(line).not.toContain(secret);
    expect(line).toContain('https://[redacted]@example.org/path?a=1');
    expect(line).toContain('Bearer [redacted]');
  });
});

describe('createLog, text', () => {
  test('writes one readable line', () => {
    const text = textLines((log) => {
      log.child('config').info('reloaded', { path: '/etc/meshlock.yaml', listeners: 2, why: 'file changed' });
    });
    expect(text).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO {2}config: reloaded path=\/etc\/meshlock\.yaml listeners=2 why="file changed"\n$/,
    );
  });

  test('puts the stack of an error below it, indented', () => {
    const text = textLines((log) => log.error('failed', { error: new RangeError('too far') }));
    const [head, ...frames] = text.trimEnd().split('\n');
    expect(head).toMatch(/ERROR failed error="RangeError: too far"$/);
    expect(frames.length).toBeGreaterThan(1);
    for (const frame of frames) expect(frame).toMatch(/^ {4}at /);
  });

  test('lets no value begin a line or move the cursor', () => {
    const text = textLines((log) => {
      log.info('a\nb\u001b[2J', { name: 'x\r\ny', list: ['\u2028'], 'key\n': '\u0085' });
    });
    for (const character of '\n\r\u001b\u2028\u0085') expect(text.trimEnd()).not.toContain(character);
    expect(text).toContain('a\\u000ab\\u001b[2J');
  });
});

const moduleUrl = new URL('../../../src/telemetry/control.ts', import.meta.url).href;
const program = `
  import { createLog } from ${JSON.stringify(moduleUrl)};
  const log = createLog('info', 'json');
  for (let i = 0; i < Number(process.argv[1]); i++) log.info('line', { i });
  const end = setTimeout(() => process.exit(process.argv[2] === 'exit' ? 3 : 0), 300);
  if (process.argv[2] === 'exit') { clearTimeout(end); process.exit(3); }
`;

describe('createLog on standard error', () => {
  const run = (count: number, how: 'exit' | 'wait'): string[] => [
    '--input-type=module',
    '-e',
    program,
    String(count),
    how,
  ];

  test('loses nothing when the process exits at once', () => {
    const { status, stderr } = spawnSync(process.execPath, run(500, 'exit'), {
      encoding: 'utf8',
      timeout: 10_000,
    });
    expect(status).toBe(3);
    expect(stderr.trimEnd().split('\n')).toHaveLength(500);
  });

  test.skipIf(!existsSync('/dev/full'))('survives a full disk', () => {
    const full = openSync('/dev/full', 'w');
    const { status } = spawnSync(process.execPath, run(10, 'wait'), {
      stdio: ['ignore', 'ignore', full],
      timeout: 10_000,
    });
    expect(status).toBe(0);
    const { status: atExit } = spawnSync(process.execPath, run(10, 'exit'), {
      stdio: ['ignore', 'ignore', full],
    });
    expect(atExit).toBe(3);
  });

  test('survives a reader that has gone', async () => {
    const child = spawn(process.execPath, run(2000, 'wait'), { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.destroy();
    const [status] = await once(child, 'exit');
    expect(status).toBe(0);
  });

  test('says how many lines were dropped when it could write again', () => {
    const output = new LogLines();
    output.recovered(3);
    expect(output.entries).toEqual([{ level: 'warn', message: 'log lines were dropped', droppedLines: 3 }]);
  });
});
