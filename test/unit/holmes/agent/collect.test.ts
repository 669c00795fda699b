import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, test } from 'vitest';
import { BufferSampler } from '../../../../holmes/agent/buffer-sampler.ts';
import { CallSites } from '../../../../holmes/agent/call-site.ts';
import { collect } from '../../../../holmes/agent/collect.ts';
import { CreationWindow } from '../../../../holmes/agent/creation-window.ts';
import { HandleRegistry } from '../../../../holmes/agent/handle-registry.ts';
import { Warnings } from '../../../../holmes/agent/warnings.ts';

const sites = new CallSites();
const sources = {
  sites,
  registry: new HandleRegistry(sites),
  creations: new CreationWindow(sites),
  buffers: new BufferSampler(sites),
  warnings: new Warnings(),
};
const sockets: Socket[] = [];

afterEach(async () => {
  sources.registry.remove();
  sources.warnings.remove();
  await Promise.all(sockets.splice(0).map((socket) => socket[Symbol.asyncDispose]()));
});

describe('a collection', () => {
  test('has at most 500 groups, the largest, and the rest in one', async () => {
    sources.registry.install();
    const bound = async (): Promise<void> => {
      const socket = createSocket('udp4');
      sockets.push(socket);
      await new Promise<void>((resolve) => {
        socket.bind(0, '127.0.0.1', resolve);
      });
    };
    // Each has a port of its own, and with it a group.
    for (let count = 0; count < 600; count++) await bound();
    const { groups } = collect(sources);
    expect(groups).toHaveLength(500);
    const other = groups.at(-1);
    expect(other?.kind).toBe('other');
    const udp = groups.filter(({ kind }) => kind === 'udp');
    expect(udp.length + (other?.count ?? 0)).toBeGreaterThanOrEqual(600);
    expect(other?.maxAgeMs).toBeGreaterThan(0);
  });

  test('keeps the last 20 warnings, cut to what can be read', () => {
    // Those that print them.
    const printers = process.listeners('warning');
    process.removeAllListeners('warning');
    sources.warnings.install();
    for (let count = 1; count <= 30; count++) {
      const warning = new Error(`number ${count} ${'x'.repeat(1000)}`);
      warning.name = 'PlannedWarning';
      process.emit('warning', warning);
    }
    for (const printer of printers) process.on('warning', printer);
    const { warnings } = collect(sources);
    expect(warnings).toHaveLength(20);
    expect(warnings[0]?.message).toMatch(/^number 11 x+$/);
    expect(warnings.at(-1)?.message).toHaveLength(500);
    expect(warnings.at(-1)?.stack[0]?.url).toContain('collect.test.ts');
  });
});
