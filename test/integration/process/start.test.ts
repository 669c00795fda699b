/** What keeps the program from starting, what it says then, and its exit codes: 0 done, 1 failed, 2 bad usage or configuration. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { closedPort, startHttpUpstream } from '../harness/index.ts';
import { call } from './call.ts';
import { type Configuration, runMeshlock, startMeshlock } from './meshlock.ts';
import { runProgram } from './program.ts';

function replies(address: string, keys: Configuration = {}): Configuration {
  return {
    admin: '127.0.0.1:0',
    data_threads: 2,
    listeners: [
      { name: 'web', address, routes: [{ match: '/', direct_response: { status: 200, body: 'here' } }] },
    ],
    ...keys,
  };
}

/** A port that a server of this test has. */
async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

describe('the exit code', () => {
  test('is 0 for what was asked and done', async () => {
    const [version, help, runHelp] = await Promise.all([
      runProgram(['version']),
      runProgram(['--help']),
      runProgram(['run', '--help']),
    ]);
    expect([version.code, help.code, runHelp.code]).toEqual([0, 0, 0]);
    expect(version.stdout).toMatch(/^meshlock \d+\.\d+\.\d+/);
    for (const command of ['run', 'validate', 'version']) expect(help.stdout).toContain(command);
    expect(runHelp.stdout).toContain('meshlock run --listen 8080 --to 127.0.0.1:3000');
  });

  test('is 2 for bad usage, with what to do instead', async () => {
    const cases: readonly (readonly [words: readonly string[], says: string])[] = [
      [[], 'Usage: meshlock <command>'],
      [['runn'], 'did you mean run?'],
      [['run'], '--config <file>, or --listen <address> and --to <address>'],
      [['run', '--listen', '8080'], '--to'],
      [['run', '--lisen', '8080'], '--listen'],
      [['run', '-c', '/nowhere/meshlock.yaml'], 'there is no such file'],
      [['run', '--listen', '8080', '--to', '127.0.0.1:1', '--data-threads', '0'], '--data-threads'],
      [['validate', '-c', '/nowhere/meshlock.yaml'], 'there is no such file'],
    ];
    const runs = await Promise.all(cases.map(([words]) => runProgram(words)));
    for (const [index, { code, stderr }] of runs.entries()) {
      const [words, says] = cases[index]!;
      expect([words, code, stderr.toLowerCase()]).toEqual([
        words,
        2,
        expect.stringContaining(says.toLowerCase()),
      ]);
    }
  });
});

describe('a configuration with problems', () => {
  test('is refused by validate and by run, with all of them and where they are', async () => {
    const { configFile, dispose } = await fileOf(
      'listeners:\n  - addres: 8080\n    routes: [{ cluster: ap }]\nclusters:\n  - name: app\n    endpoints: ["127.0.0.1:1"]\n',
    );
    onTestFinished(dispose);
    const runs = await Promise.all([
      runProgram(['validate', '-c', configFile]),
      runProgram(['run', '-c', configFile]),
    ]);
    for (const { code, stdout, stderr } of runs) {
      expect(code).toBe(2);
      expect(stdout + stderr).toContain('2:5: listeners[0].addres');
      expect(stdout + stderr).toContain('did you mean address?');
      expect(stdout + stderr).toContain('3:16: listeners[0].routes[0].cluster');
    }
    await writeFile(configFile, JSON.stringify(replies('127.0.0.1:0')));
    expect((await runProgram(['validate', '-c', configFile])).code).toBe(0);
  });

  test('is refused when the admin plane would be open to the network', async () => {
    const { exit, log } = await runMeshlock({ ...replies('127.0.0.1:0'), admin: '0.0.0.0:0' });
    expect(exit).toEqual({ code: 2, signal: null });
    expect(log.text).toContain('token');
    expect(log.text).toContain('0.0.0.0');
  });
});

describe('an address that is taken', () => {
  test('ends the start with code 1 and says whose it is', async () => {
    const port = await takenPort();
    const [listener, admin] = await Promise.all([
      runMeshlock(replies(`127.0.0.1:${port}`)),
      runMeshlock({ ...replies('127.0.0.1:0'), admin: port }),
    ]);
    for (const [owner, { exit, log }] of [['listener web', listener] as const, ['admin', admin] as const]) {
      expect(exit).toEqual({ code: 1, signal: null });
      const line = log.matching(/^cannot start: /)[0]!;
      expect(line).toMatchObject({ level: 'fatal', code: 'ADDRESS_IN_USE' });
      expect(line.message).toContain(owner);
      expect(line.message).toContain(`127.0.0.1:${port}`);
      expect(line.message).toContain('another process');
    }
  });

  test('is not shared with another instance, which goes on undisturbed', async () => {
    const port = await closedPort();
    const first = await startMeshlock(replies(`127.0.0.1:${port}`));
    const second = await runMeshlock(replies(`127.0.0.1:${port}`));
    expect(second.exit).toEqual({ code: 1, signal: null });
    expect(second.log.matching(/^cannot start: /)[0]!.message).toContain('another process');
    for (let i = 0; i < 20; i++) expect((await call(port, '/')).body).toBe('here');
    expect(await first.stop()).toEqual({ code: 0, signal: null });
    // And it can be had again at once.
    const third = await startMeshlock(replies(`127.0.0.1:${port}`));
    expect((await call(port, '/')).body).toBe('here');
    expect(third.hasEnded).toBe(false);
  });

  test('or that this machine does not have is told apart', async () => {
    const { exit, log } = await runMeshlock(replies('192.0.2.1:8080'));
    expect(exit.code).toBe(1);
    expect(log.matching(/^cannot start: /)[0]).toMatchObject({
      code: 'ADDRESS_UNAVAILABLE',
      message: expect.stringContaining('this machine does not have that address') as string,
    });
  });
});

describe('meshlock run without a file', () => {
  test('serves what it is told on the command line, over several upstreams', async () => {
    const one = await startHttpUpstream((_, response) => response.end('one'));
    const two = await startHttpUpstream((_, response) => response.end('two'));
    const endpoints = [one, two].flatMap(({ port }) => ['--to', `127.0.0.1:${port}`]);
    const words = ['run', '--listen', '127.0.0.1:0', ...endpoints, '--admin', '0', '--data-threads', '1'];
    const mesh = await startMeshlock({}, { words });
    const line = await mesh.log.line(/^listener .* accepts http on 127\.0\.0\.1:\d+$/);
    const port = Number(line.message.split(':').at(-1));
    const bodies = [await call(port, '/'), await call(port, '/')].map(({ body }) => body);
    expect(bodies.sort()).toEqual(['one', 'two']);
    const info = await mesh.adminJson<{ command_line_options: unknown }>('/server_info');
    expect(info.command_line_options).toMatchObject({ listen: '127.0.0.1:0', 'data-threads': '1' });
    const refused = await mesh.admin('/reload', { method: 'POST' });
    expect(refused.status).toBe(200);
    expect(await mesh.stop()).toEqual({ code: 0, signal: null });
  });
});

async function fileOf(text: string): Promise<{ configFile: string; dispose: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'meshlock-'));
  const configFile = join(directory, 'meshlock.yaml');
  await writeFile(configFile, text);
  return { configFile, dispose: () => rm(directory, { recursive: true, force: true }) };
}
