import { describe, expect, test } from 'vitest';
import { readInvocation } from '../../../src/command/invocation.ts';
import { runCommand } from '../../../src/command/run.ts';
import { givenOptions, type RunPlan, readRunPlan } from '../../../src/command/run-plan.ts';

async function planOf(...words: string[]): Promise<RunPlan> {
  return readRunPlan(await readInvocation(runCommand, words));
}

describe('plan of run', () => {
  test('is a file with what the command line says over it', async () => {
    expect(await planOf('-c', 'mesh.yaml')).toEqual({ kind: 'file', path: 'mesh.yaml', overrides: {} });
    expect(
      await planOf('-c', 'mesh.yaml', '--admin', '9902', '--data-threads', '3', '--log-level', 'debug'),
    ).toEqual({
      kind: 'file',
      path: 'mesh.yaml',
      overrides: { adminAddress: { host: '127.0.0.1', port: 9902 }, dataThreads: 3, logLevel: 'debug' },
    });
  });

  test('can switch the admin plane off', async () => {
    expect(await planOf('-c', 'x', '--admin', 'off')).toMatchObject({ overrides: { adminAddress: null } });
  });

  test('is one listener in front of one cluster without a file', async () => {
    const plan = await planOf('--listen', '8080', '--to', '127.0.0.1:3000', '--to', '127.0.0.1:3001');
    expect(plan.kind === 'quick' && plan.config).toMatchObject({
      listeners: [{ address: { port: 8080 } }],
      clusters: [{ discovery: { kind: 'static', endpoints: [{}, {}] } }],
    });
  });

  test('shows the options as they were given', async () => {
    const invocation = await readInvocation(runCommand, ['--listen=1', '--to', 'a:1', '--to', 'b:2']);
    expect(givenOptions(invocation)).toEqual({ listen: '1', to: 'a:1,b:2' });
  });
});
