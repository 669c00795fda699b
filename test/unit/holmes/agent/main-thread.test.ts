import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const fixture = fileURLToPath(new URL('./fixtures/ending-main.ts', import.meta.url));

/** What the program wrote, and how long its main thread waited at the end. */
function run(...values: readonly string[]): Promise<{ readonly output: string; readonly waitedMs: number }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [fixture, ...values], (_, output) => {
      resolve({ output, waitedMs: Number(/main waited ([\d.]+)/.exec(output)?.[1]) });
    });
  });
}

/** The limit is near to what a fault would take, so a busy machine may miss it once; a fault misses it each time. */
const retried = { retry: 2 };

describe('the agent in a main thread', () => {
  test('waits at the end until the helper that looks lets it go', retried, async () => {
    const { output, waitedMs } = await run('watched');
    expect(output).toContain('helper saw exit');
    expect(waitedMs).toBeGreaterThan(1);
    expect(waitedMs).toBeLessThan(450);
  });

  test('says which error nobody caught', async () => {
    const { output } = await run('watched', 'error');
    expect(output).toContain('helper saw exception TypeError: nobody catches me');
  });

  test('does not wait for a helper that does not look', retried, async () => {
    const { output, waitedMs } = await run('ignored');
    expect(output).not.toContain('helper saw');
    expect(waitedMs).toBeLessThan(200);
  });
});
