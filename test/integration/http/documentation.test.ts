/** docs/life-of-a-request.md speaks of files and functions; they must be there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const text = readFileSync(join(root, 'docs/life-of-a-request.md'), 'utf8');
const prose = text.replace(/^```[\s\S]*?^```$/gm, '');

/** `path/to/file.ts`, wherever it stands. */
const paths = [...prose.matchAll(/`((?:src|test|docs|bench)\/[\w./-]+)`/g)].map(([, path]) => path!);

/** Names behind a path: `file.ts`: `one`, `#two`, or `file.ts` (`one`, `#two`). */
const claims = [...prose.matchAll(/`(src\/[\w./-]+)`(?::\s+|\s+\()((?:`[#\w.]+`(?:,\s+)?)+)/g)].flatMap(
  ([, path, names]) => [...names!.matchAll(/`([#\w.]+)`/g)].map(([, name]) => [path!, name!] as const),
);

describe('docs/life-of-a-request.md', () => {
  test('names files that exist', () => {
    expect(new Set(paths).size).toBeGreaterThan(30);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('names functions that are in these files', () => {
    expect(claims.length).toBeGreaterThan(20);
    const missing = claims.filter(([path, name]) => {
      const word = new RegExp(`(^|[^\\w#])${name}\\b`, 'm');
      return !word.test(readFileSync(join(root, path), 'utf8'));
    });
    expect(missing).toEqual([]);
  });

  test('names nothing else that the data path does not have', () => {
    const sources = paths
      .filter((path) => path.startsWith('src/') && existsSync(join(root, path)))
      .map((path) => readFileSync(join(root, path), 'utf8'))
      .join('\n');
    const words = [...prose.matchAll(/`(#?[a-zA-Z]\w*(?:\.\w+)?)`/g)].map(([, word]) => word!);
    const names = words.flatMap((word) => word.split('.')).filter((word) => !vocabulary.has(word));
    expect(names.length).toBeGreaterThan(60);
    expect([...new Set(names)].filter((name) => !new RegExp(`(^|[^\\w])${name}\\b`).test(sources))).toEqual(
      [],
    );
  });
});

/** Words of the protocol and of the configuration, and what is Node's. */
const vocabulary: ReadonlySet<string> = new Set([
  'close',
  'NR',
  'Via',
  'socket',
  'write',
  'max_body_size',
  'send_timeout',
]);
