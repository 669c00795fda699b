import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatProblem, MeshlockError } from '../../../src/base/index.ts';
import { loadConfig } from '../../../src/config/index.ts';

let directory: string;

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'meshlock-config-')));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
}

async function failureOf(path: string): Promise<MeshlockError> {
  const error: unknown = await loadConfig(path).then(
    () => new Error('it was accepted'),
    (reason: unknown) => reason,
  );
  if (error instanceof MeshlockError) return error;
  throw error;
}

describe('a configuration file', () => {
  test('is loaded, with the paths in it relative to its directory', async () => {
    write('filter.ts', '');
    const path = write(
      'meshlock.yaml',
      `
listeners:
  - address: 0
    access_logs: [logs/access.log, /dev/stdout]
    filters: [{ name: mine, module: ./filter.ts, options: { a: [1] } }]
    routes: []`,
    );
    const [listener] = (await loadConfig(path)).listeners;
    expect(listener?.accessLogs.map((log) => log.path)).toEqual([
      join(directory, 'logs/access.log'),
      '/dev/stdout',
    ]);
    expect(listener?.protocol).toMatchObject({
      filters: [{ name: 'mine', module: join(directory, 'filter.ts'), options: { a: [1] } }],
    });
  });

  test('that ends in .json is read as JSON', async () => {
    expect((await loadConfig(write('a.json', '{"log": "warn"}'))).log.level).toBe('warn');
    expect((await failureOf(write('b.json', 'log: warn'))).problems[0]?.expected).toBe('JSON');
  });

  test('that is not there, or a directory, cannot be read', async () => {
    const missing = await failureOf(join(directory, 'none.yaml'));
    expect(missing.code).toBe('CONFIG_UNREADABLE');
    expect(missing.problems.map(formatProblem)).toEqual([
      `expected a configuration file that can be read, got ENOENT: ${join(directory, 'none.yaml')} (there is no such file)`,
    ]);
    expect((await failureOf(directory)).problems[0]?.hint).toBe('this is a directory');
  });

  test('that is not UTF-8 cannot be read', async () => {
    const error = await failureOf(write('latin1.yaml', Uint8Array.of(0x61, 0x3a, 0x20, 0xe4)));
    expect(error.code).toBe('CONFIG_UNREADABLE');
    expect(error.problems[0]?.expected).toBe('text in UTF-8');
  });

  test('of any size is read no further than the limit', async () => {
    const error = await failureOf('/dev/zero');
    expect(error.problems.map(formatProblem)).toEqual([
      'expected a configuration of at most 4194304 bytes, got 4194305 bytes',
    ]);
  });

  test('may begin with a byte order mark', async () => {
    expect((await loadConfig(write('bom.yaml', '\uFEFFlog: warn\n'))).log.level).toBe('warn');
  });
});

describe('a token file', () => {
  test('holds the token, with or without a line end', async () => {
    write('token', 'abc.def\n');
    const path = write('meshlock.yaml', 'admin: { address: 0.0.0.0:9901, token_file: token }');
    expect((await loadConfig(path)).admin).toEqual({
      address: { host: '0.0.0.0', port: 9901 },
      token: 'abc.def',
    });
  });

  test.each([
    ['', 'a file that holds a bearer token'],
    ['two words', 'a file that holds a bearer token'],
    ['x'.repeat(9000), 'a file with a token of at most 4096 characters'],
  ])('with %j is refused, and not shown', async (content, expected) => {
    write('token', content);
    const error = await failureOf(write('meshlock.yaml', 'admin: { token_file: token }'));
    const [line = ''] = error.problems.map(formatProblem);
    expect(line).toContain(`admin.token_file: expected ${expected}`);
    expect(line).not.toContain('two words');
  });

  test('that is missing is a problem beside the others', async () => {
    const error = await failureOf(write('meshlock.yaml', 'admin: { token_file: none }\nlog: loud'));
    expect(error.problems.map((problem) => problem.path)).toEqual(['admin.token_file', 'log']);
  });
});

describe('the module of a filter', () => {
  test('must exist and be a file', async () => {
    const listener =
      '{ address: 0, routes: [], filters: [{ name: a, module: none.ts }, { name: b, module: . }] }';
    const error = await failureOf(write('meshlock.yaml', `listeners: [${listener}]`));
    expect(error.problems.map(formatProblem)).toEqual([
      `listeners[0].filters[0].module: expected the path of a module that exists, got "none.ts" (ENOENT: ${join(directory, 'none.ts')})`,
      `listeners[0].filters[1].module: expected the path of a module, got "." (${directory} is not a file)`,
    ]);
  });
});
