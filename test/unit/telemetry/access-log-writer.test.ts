import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Clock, ManualClock, systemClock } from '../../../src/base/index.ts';
import { AccessLogWriter } from '../../../src/telemetry/control.ts';
import { LogLines } from './log-lines.ts';

let directory: string;
let output: LogLines;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meshlock-access-log-'));
  output = new LogLines();
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function open(path: string, options: { clock?: Clock; maxQueuedBytes?: number } = {}): AccessLogWriter {
  return new AccessLogWriter({ clock: systemClock, log: output.log, path, ...options });
}

/** Resolves when the chunk has left the writer. */
function written(writer: AccessLogWriter, text: string): Promise<void> {
  return new Promise((resolve) => {
    writer.write(Buffer.from(text), resolve);
  });
}

/** Runs `step` in each turn of the loop until `condition` holds; fails the test by its timeout otherwise. */
async function until(condition: () => boolean, step: () => void = () => {}): Promise<void> {
  while (!condition()) {
    step();
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

describe('AccessLogWriter', () => {
  test('appends chunks in order and tells when each is written', async () => {
    const path = join(directory, 'access.log');
    const writer = open(path);
    const order: number[] = [];
    for (let i = 0; i < 100; i++) writer.write(Buffer.from(`${i}\n`), () => order.push(i));
    await written(writer, 'last\n');
    await writer.close(1000);
    const expected = Array.from({ length: 100 }, (_, i) => i);
    expect(order).toEqual(expected);
    expect(readFileSync(path, 'utf8')).toBe(`${expected.join('\n')}\nlast\n`);
    expect(writer.writtenBytes).toBe(readFileSync(path).byteLength);
    expect(writer.queuedBytes).toBe(0);
    expect(writer.droppedLines).toBe(0);
    expect(output.lines).toEqual([]);
  });

  test('keeps what was in the file before', async () => {
    const path = join(directory, 'access.log');
    for (const text of ['one\n', 'two\n']) {
      const writer = open(path);
      writer.write(Buffer.from(text));
      await writer.close(1000);
    }
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });

  test('opens the path anew after a rotation', async () => {
    const path = join(directory, 'access.log');
    const writer = open(path);
    await written(writer, 'before\n');
    renameSync(path, `${path}.1`);
    await written(writer, 'still the old file\n');
    await writer.reopen();
    expect(existsSync(path)).toBe(true);
    await written(writer, 'after\n');
    await writer.close(1000);
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('before\nstill the old file\n');
    expect(readFileSync(path, 'utf8')).toBe('after\n');
  });

  test('drops and counts what does not fit into the queue, and what comes after the close', async () => {
    const path = join(directory, 'access.log');
    const writer = open(path, { maxQueuedBytes: 10 });
    let left = 0;
    writer.write(Buffer.from('12345678\n'), () => left++);
    writer.write(Buffer.from('a\nb\n'), () => left++);
    expect(left).toBe(1);
    expect(writer.droppedLines).toBe(2);
    await writer.close(1000);
    writer.write(Buffer.from('late\n'), () => left++);
    expect(left).toBe(3);
    expect(writer.droppedLines).toBe(3);
    expect(readFileSync(path, 'utf8')).toBe('12345678\n');
  });

  test('says once that a path cannot be opened, keeps lines, and goes on when it can', async () => {
    const clock = new ManualClock();
    const path = join(directory, 'missing', 'access.log');
    const writer = open(path, { clock });
    writer.write(Buffer.from('kept\n'));
    await until(
      () => writer.failures >= 3,
      () => clock.advance(60_000),
    );
    expect(output.entries).toEqual([
      {
        level: 'error',
        message: 'access log cannot be written; it is tried again and lines are kept as long as they fit',
        path,
        code: 'ENOENT',
        error: expect.stringContaining('no such file or directory'),
      },
    ]);
    mkdirSync(join(directory, 'missing'));
    await until(
      () => writer.queuedBytes === 0,
      () => clock.advance(60_000),
    );
    expect(output.entries[1]).toEqual({
      level: 'info',
      message: 'access log is written again',
      path,
      droppedLines: 0,
    });
    await writer.close(1000);
    expect(readFileSync(path, 'utf8')).toBe('kept\n');
  });

  test('waits longer from failure to failure', async () => {
    const clock = new ManualClock();
    const writer = open(join(directory, 'missing', 'access.log'), { clock });
    writer.write(Buffer.from('kept\n'));
    const pauses: number[] = [];
    for (let i = 0; i < 8; i++) {
      await until(() => clock.pendingTimers === 1);
      const failures = writer.failures;
      let waitedMs = 0;
      while (clock.pendingTimers === 1) {
        clock.advance(500);
        waitedMs += 500;
      }
      pauses.push(waitedMs);
      await until(() => writer.failures > failures);
    }
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    await writer.close(0);
  });

  test.skipIf(!existsSync('/dev/full'))('survives a full disk, counting what it could not keep', async () => {
    const clock = new ManualClock();
    const path = join(directory, 'access.log');
    symlinkSync('/dev/full', path);
    const writer = open(path, { clock, maxQueuedBytes: 16 });
    let acknowledged = 0;
    writer.write(Buffer.from('0123456789\n'), () => acknowledged++);
    await until(() => writer.failures === 1);
    writer.write(Buffer.from('too much\nfor it\n'), () => acknowledged++);
    expect(acknowledged).toBe(1);
    expect(writer.droppedLines).toBe(2);
    await until(
      () => writer.failures >= 4,
      () => clock.advance(60_000),
    );
    expect(output.entries.map(({ level, code }) => ({ level, code }))).toEqual([
      { level: 'error', code: 'ENOSPC' },
    ]);
    rmSync(path);
    await until(
      () => acknowledged === 2,
      () => clock.advance(60_000),
    );
    expect(readFileSync(path, 'utf8')).toBe('0123456789\n');
    expect(output.entries[1]).toMatchObject({ level: 'info', droppedLines: 2 });
    expect(writer.writtenBytes).toBe(11);
    await writer.close(1000);
  });

  test('reports a new episode again', async () => {
    const clock = new ManualClock();
    const path = join(directory, 'access.log');
    const writer = open(path, { clock });
    await written(writer, 'fine\n');
    for (const gone of ['gone-1', 'gone-2']) {
      renameSync(directory, `${directory}-${gone}`);
      await writer.reopen();
      renameSync(`${directory}-${gone}`, directory);
      writer.write(Buffer.from(`${gone}\n`));
      await until(
        () => writer.queuedBytes === 0,
        () => clock.advance(60_000),
      );
    }
    expect(output.entries.map(({ level }) => level)).toEqual(['error', 'info', 'error', 'info']);
    await writer.close(1000);
    expect(readFileSync(path, 'utf8')).toBe('fine\ngone-1\ngone-2\n');
  });

  test('gives up on a failing file when it closes, without waiting for its pauses', async () => {
    const writer = open(join(directory, 'missing', 'access.log'), { clock: new ManualClock() });
    let left = 0;
    writer.write(Buffer.from('one\ntwo\n'), () => left++);
    await until(() => writer.failures === 1);
    await writer.close(60_000);
    expect(left).toBe(1);
    expect(writer.droppedLines).toBe(2);
  });

  test('answers a reopen also when the file cannot be opened', async () => {
    const writer = open(join(directory, 'missing', 'access.log'));
    await writer.reopen();
    expect(writer.failures).toBe(1);
    await writer.close(0);
  });
});

/** Runs a writer on standard output in a process of its own; it writes 40 chunks of 10 KB and closes. */
const program = `
  import { systemClock } from ${JSON.stringify(moduleUrl('base/index.ts'))};
  import { AccessLogWriter, createLog } from ${JSON.stringify(moduleUrl('telemetry/control.ts'))};
  const log = createLog('info', 'json');
  const writer = new AccessLogWriter({ path: '/dev/stdout', clock: systemClock, log });
  for (let i = 0; i < 40; i++) writer.write(Buffer.from(String(i).padEnd(10_000, 'x') + '\\n'));
  const alive = setInterval(() => {}, 1000);
  await writer.close(Number(process.argv[1]));
  clearInterval(alive);
  process.stderr.write('dropped ' + writer.droppedLines + '\\n');
`;

function moduleUrl(path: string): string {
  return new URL(`../../../src/${path}`, import.meta.url).href;
}

function runWriter(closeMs: number, stdout: 'pipe' | number): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '-e', program, String(closeMs)], {
    stdio: ['ignore', stdout, 'pipe'],
  });
}

describe('AccessLogWriter on standard output', () => {
  test('writes all of it to a pipe', async () => {
    const child = runWriter(10_000, 'pipe');
    let received = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      received += text;
    });
    await once(child, 'close');
    expect(received.split('\n').map((line) => Number.parseInt(line, 10))).toEqual([
      ...Array.from({ length: 40 }, (_, i) => i),
      Number.NaN,
    ]);
  });

  test('ends in time when the reader of the pipe has stopped', async () => {
    const child = runWriter(200, 'pipe');
    child.stdout!.pause();
    const [report] = (await once(child.stderr!, 'data')) as [Buffer];
    const dropped = Number(/dropped (\d+)/.exec(report.toString())?.[1]);
    expect(dropped).toBeGreaterThan(10);
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });

  test('shares a redirected file with the process it belongs to', () => {
    const path = join(directory, 'stdout');
    const result = spawnSync(
      'sh',
      ['-c', `"${process.execPath}" --input-type=module -e "$1" 10000 > "$2"`, 'sh', program, path],
      {
        encoding: 'utf8',
      },
    );
    expect(result.stderr).toBe('dropped 0\n');
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(41);
  });
});
