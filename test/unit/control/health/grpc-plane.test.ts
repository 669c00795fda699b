import { Client, credentials, type ServiceError, status as GrpcStatus } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock, systemRandom } from '../../../../src/base/index.ts';
import type { Config } from '../../../../src/config/index.ts';
import { ControlPlane } from '../../../../src/control/control-plane.ts';
import { ThreadSupply } from '../../../../src/control/thread-supply.ts';
import { testConfig } from '../test-config.ts';
import { testLog } from '../test-log.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function started(admin: Config['admin']): Promise<ControlPlane> {
  const config = testConfig({ admin });
  const plane = new ControlPlane({
    source: {
      origin: 'test.yaml',
      load: () => Promise.resolve(config),
      subscribe: () => {},
      close: () => {},
    },
    config,
    log: testLog().log,
    clock: systemClock,
    random: systemRandom,
    version: '1.2.3',
    commandLineOptions: {},
    supply: new ThreadSupply(config, new URL('../fake-data-thread.ts', import.meta.url)),
    onQuit: () => {},
  });
  cleanups.push(() => plane.close());
  await plane.start();
  return plane;
}

function check(port: number): Promise<string> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  cleanups.push(() => client.close());
  const raw = (bytes: Buffer): Buffer => bytes;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  client.makeUnaryRequest(
    '/grpc.health.v1.Health/Check',
    raw,
    raw,
    Buffer.alloc(0),
    (error: ServiceError | null, reply?: Buffer) =>
      error === null ? resolve(reply!.toString('hex')) : reject(error),
  );
  return promise;
}

const address = { host: '127.0.0.1', port: 0 };

describe('the control plane', () => {
  test('serves gRPC health where it is configured, also without an admin API, and ends it', async () => {
    const plane = await started({ address: null, token: '', grpcAddress: address });
    expect(plane.adminAddress).toBeNull();
    const { port } = plane.grpcHealthAddress!;
    expect(await check(port)).toBe('0801');
    await plane.close();
    await expect(check(port)).rejects.toMatchObject({ code: GrpcStatus.UNAVAILABLE });
  });

  test('serves none by default', async () => {
    const plane = await started({ address, token: '' });
    expect(plane.adminAddress).not.toBeNull();
    expect(plane.grpcHealthAddress).toBeNull();
  });
});
