import { describe, expect, test } from 'vitest';
import { linesOf, parse, problemsOf } from './parsing.ts';

describe('the text of a configuration', () => {
  test('may be YAML or JSON', () => {
    const json = '{"listeners":[],\n\t"clusters":[{"name":"a","endpoints":[80]}]}';
    expect(parse(json, { format: 'json' })).toEqual(parse('clusters: [{name: a, endpoints: [80]}]'));
  });

  test('must be JSON when its name says so', () => {
    expect(linesOf('listeners: []', { source: 'a.json' })).toEqual([
      'expected JSON, got YAML that is not JSON (quote every key and text, and leave out comments and trailing commas)',
    ]);
    const [problem] = problemsOf('{\n "listeners": [],\n}', { format: 'json' });
    expect(problem?.position).toEqual({ line: 3, column: 1 });
  });

  test.each([
    ['an indent that is a tab', 'a:\n\t- b', 'Tabs are not allowed as indentation', 2, 1],
    ['a mapping inside a value', 'a: b: c', 'Nested mappings are not allowed in compact mappings', 1, 4],
    ['a key that stands twice', 'log: info\nlog: warn', 'the same key twice in a mapping', 2, 1],
    ['a second document', 'log: info\n---\nlog: warn', 'a second document', 2, 1],
    ['a tag', 'log: !mine info', 'Unresolved tag', 1, 6],
    ['an alias without an anchor', 'log: &a info\nadmin: *b', 'an alias without its anchor before it', 2, 8],
    ['a key that is a list', '? [a]\n: 1', 'a key that is not text', 1, 3],
  ])('names line and column of %s', (_what, text, fault, line, column) => {
    const [problem] = problemsOf(text);
    expect(problem?.expected).toBe('valid YAML');
    expect(problem?.got).toBe(`${fault} at line ${line}, column ${column}`);
    expect(problem?.position).toEqual({ line, column });
  });

  test.each(['', '# only a comment', 'null'])('must not be empty: %j', (text) => {
    expect(linesOf(text)).toEqual(['expected a mapping, got nothing']);
  });

  test('never quotes what stands there when it cannot be read', () => {
    const texts = [
      'admin: { token: "s3cret" s3cret }',
      'a: "s3cret',
      '"s3cret" s3cret',
      'token: *s3cret',
      '- s3cret\nb: 1',
    ];
    for (const text of texts) expect(linesOf(text).join()).not.toContain('s3cret');
  });

  test('lets an alias stand for a mapping written before', () => {
    const { clusters } = parse(`
clusters:
  - { name: a, endpoints: [80], pool: &pool { idle_timeout: 9s } }
  - { name: b, endpoints: [80], pool: *pool }`);
    expect(clusters.map((cluster) => cluster.pool.idleTimeoutMs)).toEqual([9000, 9000]);
  });
});

describe('the bounds of a configuration', () => {
  test('are 4 MiB', () => {
    const [line] = linesOf('#'.repeat(4 * 1024 * 1024 + 1));
    expect(line).toBe('expected a configuration of at most 4194304 bytes, got 4194305 bytes');
  });

  test('are 64 levels', () => {
    expect(linesOf(`a: ${'['.repeat(70)}${']'.repeat(70)}`)).toEqual([
      'expected at most 64 levels of nesting, got more under a[0][0][0]',
    ]);
    expect(linesOf('['.repeat(50_000))).toEqual(['expected at most 64 levels of nesting, got many more']);
  });

  test('hold for an alias inside itself', () => {
    expect(linesOf('a: &a [*a]')).toEqual([
      'expected at most 64 levels of nesting, got more under a[0][0][0]',
    ]);
  });

  test('stop aliases that double again and again before they are expanded', () => {
    const doubling = Array.from('bcdefghij', (name, index) => {
      const before = `*${'abcdefghi'[index]}`;
      return `${name}: &${name} [${Array(9).fill(before).join(', ')}]`;
    });
    expect(linesOf(['a: &a [x, x, x]', ...doubling].join('\n'))).toEqual([
      'expected aliases that expand to less, got far too many values',
    ]);
  });

  test('stop a long list that many aliases repeat', () => {
    const text = `a: &a [${'1,'.repeat(5000)}]\nb: [${'*a,'.repeat(300)}]`;
    expect(linesOf(text)).toEqual(['expected at most 1000000 values, got more, once aliases are expanded']);
  });

  test('refuse a key that would reach the prototype', () => {
    expect(linesOf('__proto__: { admin: false }')).toEqual(['expected keys of this format, got __proto__']);
    expect(linesOf('constructor: 1')[0]).toContain('unknown key "constructor"');
  });
});
