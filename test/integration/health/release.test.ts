/**
 * A release rolled out over a real local fleet: six nodes and an aggregator, each a process of its own, under load. A bad
 * version is stopped by the verdict, which names the release and the module; a good one goes through.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../../build/executable.ts';

const pipeline = join(repositoryRoot, 'examples', 'release', 'local', 'pipeline.ts');

/** Runs the pipeline as an operator would; its exit code is the answer. */
async function rollOut(what: string): Promise<{ readonly code: number; readonly said: string }> {
  const run = promisify(execFile)(process.execPath, [pipeline, what], { timeout: 170_000 });
  return run.then(
    ({ stdout }) => ({ code: 0, said: stdout }),
    (failure: unknown) => {
      const { code, stdout, stderr } = failure as { code: number; stdout: string; stderr: string };
      return { code, said: stdout + stderr };
    },
  );
}

describe('a release over a local fleet', () => {
  test('that is good goes through', async () => {
    const { code, said } = await rollOut('good');
    expect(said).toMatch(/^ {2}pass \(continue\)$/m);
    expect(code).toBe(0);
  }, 180_000);

  test('whose node loses calls is stopped, and the module is named', async () => {
    const { code, said } = await rollOut('node');
    expect(said).toMatch(/^ {2}fail \(rollback\)$/m);
    expect(said).toContain('1.1.0 failed');
    expect(said).toMatch(/suspect: node cart-[34] loses .* before they reach its application \(inbound/);
    expect(said).not.toMatch(/suspect: node (cart-[12]|web-)/);
    expect(code).toBe(1);
  }, 180_000);
});
