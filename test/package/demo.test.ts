/** `npm start`: the application by itself, and the whole demo as a newcomer starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { repositoryRoot } from '../../build/executable.ts';
import { applicationPaths, createApplication } from '../../examples/demo/application.ts';
import { freePort, listen } from '../../examples/demo/listening.ts';

const servers: Server[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  for (const server of servers.splice(0)) {
    if (!server.listening) continue;
    server.close();
    await once(server, 'close');
  }
});

async function startApplication(): Promise<string> {
  const application = createApplication('a');
  servers.push(application);
  return `127.0.0.1:${await listen(application)}`;
}

function get(url: string): Promise<Response> {
  return fetch(url, { headers: { connection: 'close' } });
}

describe('the demo application', () => {
  test('answers on every path that it offers', async () => {
    const address = await startApplication();
    for (const { path } of applicationPaths) {
      const answer = await get(`http://${address}${path.replace('ms=800', 'ms=1')}`);
      expect(answer.status, path).toBe(200);
      expect(answer.headers.get('x-demo-instance')).toBe('a');
      await answer.body?.cancel();
    }
  });

  test('names its paths where it has nothing', async () => {
    const answer = await get(`http://${await startApplication()}/nope`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('/flaky');
  });

  test('fails every third time where it is flaky', async () => {
    const address = await startApplication();
    const statuses: number[] = [];
    for (let call = 0; call < 6; call++) {
      const answer = await get(`http://${address}/flaky`);
      statuses.push(answer.status);
      await answer.text();
    }
    expect(statuses).toEqual([200, 200, 503, 200, 200, 503]);
  });

  test('echoes a body and a WebSocket message', async () => {
    const address = await startApplication();
    const init = {
      method: 'POST',
      body: 'hello',
      headers: { connection: 'close', 'content-type': 'text/x' },
    };
    const answer = await fetch(`http://${address}/echo`, init);
    expect([answer.headers.get('content-type'), await answer.text()]).toEqual(['text/x', 'hello']);

    const socket = new WebSocket(`ws://${address}/echo`);
    await once(socket, 'open');
    socket.send('hello');
    const [data] = (await once(socket, 'message')) as [Buffer];
    expect(data.toString()).toBe('hello');
    socket.close();
    await once(socket, 'close');
  });
});

describe('the ports of the demo', () => {
  test('are the next ones where the wanted one is taken', async () => {
    const other = createServer();
    servers.push(other);
    const taken = await listen(other);
    expect(await freePort(taken)).toBeGreaterThan(taken);
  });
});

interface RunningDemo {
  readonly process: ChildProcess;
  /** By the word before it: `open`, `console`, `admin`, `metrics`. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
}

/** Answers once it has said everything, or has ended; then with what it wrote. */
async function startDemo(): Promise<RunningDemo> {
  const demo = spawn(process.execPath, [join('examples', 'demo', 'start.ts')], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(demo);
  const ended = once(demo, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const written: string[] = [];
  const announced = new Promise<void>((resolve) => {
    for (const stream of [demo.stdout, demo.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        written.push(line);
        if (line.startsWith('Ctrl-C')) resolve();
      });
  });
  await Promise.race([announced, ended]);
  if (demo.exitCode !== null) throw new Error(`the demo has ended:\n${written.join('\n')}`);
  const named = written.map((line) => /^ {2}(\w+) +(http:\S+)/.exec(line)).filter((found) => found !== null);
  return { process: demo, addresses: Object.fromEntries(named.map(([, name, url]) => [name, url])), ended };
}

describe('the demo', () => {
  test('runs the proxy in front of both instances, says what to open and stops when asked', async () => {
    const demo = await startDemo();
    expect(Object.keys(demo.addresses)).toEqual(['open', 'console', 'admin', 'metrics']);
    const { open = '', console: page = '', admin = '', metrics = '' } = demo.addresses;

    const instances = new Set<string | null>();
    for (let call = 0; call < 9; call++) {
      const answer = await get(`${open}flaky`);
      expect(answer.status).toBe(200);
      instances.add(answer.headers.get('x-demo-instance'));
      await answer.text();
    }
    expect(instances).toEqual(new Set(['a', 'b']));
    expect((await get(page)).status).toBe(200);
    expect((await get(admin)).status).toBe(200);
    expect(await (await get(metrics)).text()).toContain('# TYPE ');

    demo.process.kill('SIGTERM');
    expect(await demo.ended).toEqual([0, null]);
  }, 60_000);
});
