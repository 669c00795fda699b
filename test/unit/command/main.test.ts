import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { main } from '../../../src/command/index.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'meshlock-'));
  folders.push(folder);
  const path = join(folder, 'meshlock.yaml');
  writeFileSync(path, text);
  return path;
}

async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await main(words, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

const valid = `
listeners: [{ name: in, address: 127.0.0.1:0, cluster: app }]
clusters: [{ name: app, endpoints: [127.0.0.1:3000] }]
`;

describe('command line', () => {
  test('without a command explains itself and is bad usage', async () => {
    const { code, out, err } = await run();
    expect(code).toBe(2);
    expect(out).toBe('');
    for (const name of ['run', 'validate', 'version', 'help']) expect(err).toContain(`  ${name} `);
  });

  test('asked for help explains itself on standard output', async () => {
    const overview = await run('help');
    expect(overview.code).toBe(0);
    expect(await run('--help')).toEqual(overview);
    expect(await run('-h')).toEqual(overview);
    expect(overview.out).toContain(
      'Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 not known yet (health).',
    );
  });

  test('has help with options and examples for every command, in two ways', async () => {
    for (const name of ['run', 'validate', 'version', 'help']) {
      const help = await run('help', name);
      expect(help.code).toBe(0);
      expect(await run(name, '--help')).toEqual(help);
      expect(await run(name, '-h', '--nonsense')).toEqual(help);
      expect(help.out).toMatch(new RegExp(`^Usage: meshlock ${name}`, 'm'));
      expect(help.out).toMatch(/^Examples:\n {2}meshlock /m);
      expect(help.out).toContain('-h, --help');
      for (const line of help.out.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
    }
  });

  test('tells the nearest command', async () => {
    const { code, err } = await run('vaildate');
    expect(code).toBe(2);
    expect(err).toContain('there is no command "vaildate"');
    expect(err).toContain('did you mean validate?');
    expect((await run('help', 'rnu')).err).toContain('did you mean run?');
    expect((await run('xyzzy')).err).not.toContain('did you mean');
  });

  test('prints its version', async () => {
    const { code, out } = await run('version');
    expect(code).toBe(0);
    expect(out).toMatch(/^meshlock \d+\.\d+\.\d+ \(Node v\d+\.\d+\.\d+, \w+ \w+\)\n$/);
    expect((await run('--version')).out).toBe(out);
  });

  test.each([
    [
      ['run', '--lisen', '8080'],
      ['--lisen: expected a known option', 'did you mean --listen?'],
    ],
    [['run', '--conifg=x'], ['did you mean --config?']],
    [
      ['validate', '-x'],
      ['-x: expected a known option', 'see --help'],
    ],
    [['run', '-c'], ['-c: expected a value <file>, got none']],
    [['run', '--listen', '--to', '1'], ['--listen: expected a value <address>, got the option --to']],
    [['run', '-c', 'a', '--config', 'b'], ['--config: expected to be given once, got a second value "b"']],
    [['run', '--help=yes'], ['--help: expected no value, got "yes"']],
    [
      ['run', 'listen'],
      ['listen: expected no further word', 'did you mean --listen?'],
    ],
    [['run'], ['expected --config <file>, or --listen <address> and --to <address>, got neither']],
    [['run', '--listen', '8080'], ['--to: expected an address, got nothing']],
    [['run', '--to', '8080'], ['--listen: expected an address, got nothing']],
    [['run', '-c', 'x', '--to', '1'], ['--config: expected to be the only source, got --to beside it']],
    [['validate'], ['--config: expected a file, got nothing']],
    [['validate', '-c', 'x', '--format', 'xml'], ['--format: expected text or json, got "xml"']],
  ])('refuses %j', async (words, messages) => {
    const { code, out, err } = await run(...words);
    expect(code).toBe(2);
    expect(out).toBe('');
    for (const message of messages) expect(err).toContain(message);
    expect(err).toContain('Try "meshlock --help".');
  });

  test('collects every mistake in the options of run', async () => {
    const { code, err } = await run(
      ...['run', '--listen', '80x', '--to', 'http://a', '--admin', '1.2.3:4'],
      ...['--log-level', 'inof', '--data-threads', '65'],
    );
    expect(code).toBe(2);
    for (const option of ['--listen', '--to', '--admin', '--log-level', '--data-threads']) {
      expect(err).toMatch(new RegExp(`^  ${option}[^ ]*: expected `, 'm'));
    }
    expect(err).toContain('did you mean info?');
  });

  test('has one meaning for two spellings of an option', async () => {
    const path = fileWith('nonsense: 1\n');
    const [short, long] = [await run('validate', '-c', path), await run('validate', `--config=${path}`)];
    expect(short).toEqual(long);
    expect(short.code).toBe(2);
  });
});

describe('validate', () => {
  test('says that a file is valid and what it holds', async () => {
    const path = fileWith(valid);
    expect(await run('validate', '-c', path)).toEqual({
      code: 0,
      out: `${path} is valid: 1 listener, 1 cluster\n`,
      err: '',
    });
    const json = JSON.parse((await run('validate', '-c', path, '--format', 'json')).out);
    expect(json).toEqual({ valid: true, file: path, listeners: 1, clusters: 1, problems: [] });
  });

  test('prints every problem with its place and exits with 2', async () => {
    const path = fileWith(
      'listeners: [{ name: in, adress: 1, cluster: app }]\nclusters: []\ndrain_timeout: soon\n',
    );
    const { code, out, err } = await run('validate', '-c', path);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain('is not a valid configuration');
    expect(err).toMatch(/^ {2}1:25: listeners\[0\]\S*: .*address/m);
    expect(err).toMatch(/^ {2}3:1: drain_timeout: expected /m);
    const json = JSON.parse((await run('validate', '-c', path, '--format', 'json')).out);
    expect(json).toMatchObject({ valid: false, code: 'CONFIG_INVALID' });
    expect(json.problems.length).toBe(err.trim().split('\n').length - 1);
    expect(json.problems).toContainEqual(
      expect.objectContaining({ path: 'drain_timeout', line: 3, column: 1 }),
    );
  });

  test('says so when there is no such file', async () => {
    const { code, err } = await run('validate', '-c', '/nonexistent/meshlock.yaml');
    expect(code).toBe(2);
    expect(err).toContain('/nonexistent/meshlock.yaml');
    expect(err).toContain('there is no such file');
  });
});
