import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/base/index.ts';
import { BreakerGauges } from '../../../src/cluster/index.ts';
import { parseConfig } from '../../../src/config/index.ts';
import { EdgeCounts, type MeshEpoch } from '../../../src/control/mesh/edge-counts.ts';
import { compileSnapshot } from '../../../src/control/snapshot-compiler.ts';
import type { FromData, ThreadData, ToData } from '../../../src/data/index.ts';
import { CounterStore, SlotDirectory } from '../../../src/telemetry/index.ts';
import { connectPeer, until } from '../harness/index.ts';
import { line } from './nodes.ts';

const configuration = `
node: { id: b, service: shop }
mesh: true
listeners:
  - { name: web, address: "127.0.0.1:0", role: inbound, routes: [{ match: /, direct_response: { status: 503 } }] }`;

test('a data thread that drains hands its running epoch to the control thread, before it says that it is done', async () => {
  const directory = new SlotDirectory(1 << 12);
  const config = parseConfig(configuration, { source: 'test.yaml', baseDirectory: '/' });
  const data: ThreadData = {
    thread: 1,
    threads: 1,
    counters: CounterStore.allocate(directory.capacity),
    breakers: new BreakerGauges(64).memory,
  };
  const worker = new Worker(new URL('../../../src/data/thread.ts', import.meta.url), { workerData: data });
  onTestFinished(async () => void (await worker.terminate()));
  const tell = (message: ToData): void => worker.postMessage(message);
  const heard: FromData[] = [];
  const counts = new EdgeCounts({ clock: systemClock, threads: () => 1 });
  const epochs: MeshEpoch[] = [];
  counts.onEpoch((epoch) => epochs.push(epoch));
  worker.on('message', (message: FromData) => {
    heard.push(message);
    if (message.kind !== 'edges') return;
    counts.accept(1, message);
    tell({ kind: 'edges-taken' });
  });
  tell({
    kind: 'snapshot',
    snapshot: compileSnapshot({
      version: 1,
      config,
      listeners: config.listeners,
      directory,
      endpoints: {},
      breakers: {},
    }),
  });
  await until(() => heard.some(({ kind }) => kind === 'applied'));
  const applied = heard.find((message) => message.kind === 'applied')!;
  const client = await connectPeer(applied.listening[0]!.address.port);
  client.send(`GET / HTTP/1.1\r\nhost: shop\r\n${line('a')}\r\n`.repeat(2));
  for (let i = 0; i < 2; i++) expect((await client.response()).status).toBe(503);
  client.destroy();
  tell({ kind: 'drain', deadlineMs: 2000 });
  await until(() => heard.at(-1)?.kind === 'drained');
  counts.close();
  const rows = epochs.flatMap((epoch) => epoch.rows);
  expect(rows.reduce((sum, row) => sum + row.calls, 0)).toBe(2);
  expect(rows[0]).toMatchObject({
    role: 'inbound',
    peer: { node: 'a', service: 'svc-a' },
    upstreamCalls: 0,
    origin: 'local',
    reason: 'RR',
  });
  expect(rows[0]!.downstreamFailed).toBe(rows[0]!.calls);
});
