import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { ListenerPorts } from '../../../src/control/listener-ports.ts';
import { listenerConfig } from './test-config.ts';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    await once(server, 'close');
  }
});

async function takePort(): Promise<number> {
  const server = createServer();
  servers.push(server);
  server.listen({ port: 0, host: '127.0.0.1', reusePort: true });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('listener ports', () => {
  test('assigns a port once and keeps it while the listener keeps its name and host', async () => {
    const ports = new ListenerPorts();
    const first = await ports.claim([listenerConfig('a', 'app')]);
    first.release();
    ports.commit([listenerConfig('a', 'app')], first);
    const again = await ports.claim([listenerConfig('a', 'other'), listenerConfig('b', 'app')]);
    again.release();
    expect(again.assigned.get('a')).toEqual(first.assigned.get('a'));
    expect(again.assigned.get('b')!.port).not.toBe(first.assigned.get('a')!.port);
    const moved = { ...listenerConfig('a', 'app'), address: { host: '0.0.0.0', port: 0 } };
    const elsewhere = await ports.claim([moved]);
    elsewhere.release();
    expect(elsewhere.assigned.get('a')!.host).toBe('0.0.0.0');
  });

  test('does not test a port that it has itself', async () => {
    const port = await takePort();
    const ports = new ListenerPorts();
    await expect(ports.claim([listenerConfig('a', 'app', port)])).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
    });
    ports.commit([listenerConfig('a', 'app', port)], { assigned: new Map(), release: () => {} });
    const claim = await ports.claim([listenerConfig('renamed', 'app', port)]);
    expect(claim.assigned.size).toBe(0);
  });

  test('lets go of what it had claimed when a later address cannot be had', async () => {
    const port = await takePort();
    const ports = new ListenerPorts();
    const listeners = [listenerConfig('free', 'app'), listenerConfig('taken', 'app', port)];
    await expect(ports.claim(listeners)).rejects.toThrow('listener taken');
    expect(ports.assigned.size).toBe(0);
  });
});
