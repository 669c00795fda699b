import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('V8 has the flags that a data thread sets', () => {
  const source = readFileSync(new URL('../../../src/data/thread.ts', import.meta.url), 'utf8');
  const flags = [...source.matchAll(/setFlagsFromString\('(--[a-z0-9-]+)=/g)].map(([, flag]) => flag!);
  expect(flags.length).toBeGreaterThan(0);
  const options = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  for (const flag of flags) expect(options).toContain(`  ${flag} (`);
});
