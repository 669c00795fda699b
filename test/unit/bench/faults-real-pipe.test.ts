import { once } from 'node:events';
import { Agent, createServer, get, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Pipe, type PipeHarm } from '../../../bench/faults/real/pipe.ts';

async function serve(): Promise<{ readonly port: number; readonly asked: () => number }> {
  let asked = 0;
  const server: Server = createServer((_, response) => {
    asked++;
    response.end('x'.repeat(100_000));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, asked: () => asked };
}

/** Status and length of the body; or the error's code. */
function call(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, agent }, (answer) => {
      let bytes = 0;
      answer.on('data', (piece: Buffer) => (bytes += piece.length));
      answer.on('end', () => resolve(`${answer.statusCode} ${bytes}`));
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  });
}

async function through(
  harm: PipeHarm | null,
): Promise<{ readonly said: readonly string[]; readonly asked: number }> {
  const { port, asked } = await serve();
  const pipe = new Pipe(() => port);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(async () => {
    agent.destroy();
    await pipe.close();
  });
  const near = await pipe.listen();
  pipe.tell(harm);
  const said = [await call(near, agent), await call(near, agent), await call(near, agent)];
  expect(pipe.figures).toEqual({ calls: 3, harmed: harm === null ? 0 : 3 });
  return { said, asked: asked() };
}

describe('a pipe of the bench', () => {
  test('carries calls as they are, until it is told otherwise', async () => {
    expect(await through(null)).toEqual({ said: ['200 100000', '200 100000', '200 100000'], asked: 3 });
  });

  test('turns a good answer into a bad one that is whole', async () => {
    const { said, asked } = await through({ harm: 'spoil', share: 1 });
    expect([said, asked]).toEqual([['503 100000', '503 100000', '503 100000'], 3]);
  });

  test('resets a call that then never arrives', async () => {
    const { said, asked } = await through({ harm: 'reset', share: 1 });
    expect([said, asked]).toEqual([['ECONNRESET', 'ECONNRESET', 'ECONNRESET'], 0]);
  });

  test('lets go of both ends when one of them is gone', async () => {
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
      socket.end('bye');
      socket.once('data', () => socket.destroy());
      socket.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const pipe = new Pipe(() => (server.address() as AddressInfo).port);
    const near = connect({ port: await pipe.listen(), host: '127.0.0.1', allowHalfOpen: true });
    near.on('error', () => undefined);
    near.resume();
    await once(near, 'end');
    // The first makes the other end go, a later one is told that nobody is there.
    const asking = setInterval(() => near.write('and you?'), 1);
    onTestFinished(() => clearInterval(asking));
    await new Promise((resolve) => near.once('close', resolve));
    await pipe.close();
    expect(near.destroyed).toBe(true);
  });

  test('can be closed before it listens', async () => {
    await expect(new Pipe(() => 1).close()).resolves.toBeUndefined();
  });
});
