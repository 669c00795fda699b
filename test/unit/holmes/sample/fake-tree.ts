/** A little file system of /proc and /sys in a temporary folder, removed after the test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface FakeTree {
  readonly root: string;
  write(path: string, content: string): void;
  remove(path: string): void;
}

/** By path, `/proc/self/cgroup`. To be called in a test. */
export function fakeTree(files: Readonly<Record<string, string>> = {}): FakeTree {
  const root = mkdtempSync(join(tmpdir(), 'holmes-tree-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const write = (path: string, content: string) => {
    mkdirSync(dirname(root + path), { recursive: true });
    writeFileSync(root + path, content);
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  return { root, write, remove: (path) => rmSync(root + path, { recursive: true }) };
}
