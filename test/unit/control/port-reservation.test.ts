import { once } from 'node:events';
import { type AddressInfo, createServer, type ListenOptions, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { MeshlockError } from '../../../src/base/index.ts';
import { reserve } from '../../../src/control/port-reservation.ts';

const servers: Server[] = [];

async function listen(options: ListenOptions): Promise<number> {
  const server = createServer();
  servers.push(server);
  server.listen({ host: '127.0.0.1', ...options });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    await once(server, 'close');
  }
});

async function refusal(host: string, port: number): Promise<MeshlockError> {
  const error = await reserve('listener inbound', { host, port }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(MeshlockError);
  return error as MeshlockError;
}

describe('port reservation', () => {
  test('leaves a free port free', async () => {
    const port = await listen({ port: 0 });
    servers.pop()!.close();
    const reservation = await reserve('listener inbound', { host: '127.0.0.1', port });
    expect(reservation.address).toEqual({ host: '127.0.0.1', port });
    expect(await listen({ port })).toBe(port);
  });

  test('refuses a port that another process shares with SO_REUSEPORT', async () => {
    const port = await listen({ port: 0, reusePort: true });
    const error = await refusal('127.0.0.1', port);
    expect(error.code).toBe('ADDRESS_IN_USE');
    expect(error.message).toBe(
      `listener inbound: cannot listen on 127.0.0.1:${port}: the address is in use by another process`,
    );
    expect(error.problems[0]).toMatchObject({
      path: 'listener inbound',
      got: `127.0.0.1:${port} (EADDRINUSE)`,
    });
  });

  test('refuses a wildcard address whose port is taken on one address', async () => {
    const port = await listen({ port: 0, reusePort: true });
    expect((await refusal('0.0.0.0', port)).code).toBe('ADDRESS_IN_USE');
  });

  test('names an address that the machine does not have', async () => {
    const error = await refusal('192.0.2.1', 8080);
    expect(error.code).toBe('ADDRESS_UNAVAILABLE');
    expect(error.message).toContain('192.0.2.1:8080: this machine does not have that address');
  });

  test('turns port 0 into a real port and holds it so that only those who share may take it', async () => {
    const reservation = await reserve('listener inbound', { host: '127.0.0.1', port: 0 });
    const { port } = reservation.address;
    expect(port).toBeGreaterThan(0);
    expect((await refusal('127.0.0.1', port)).code).toBe('ADDRESS_IN_USE');
    expect(await listen({ port, reusePort: true })).toBe(port);
    reservation.release();
  });
});
