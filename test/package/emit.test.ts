import { describe, expect, test } from 'vitest';
import { emitDeclarations, emitJavaScript } from '../../build/emit.ts';

describe('emitted JavaScript', () => {
  test('keeps every character that is not a type at its line and column', () => {
    const source = [
      "import type { A } from './a.ts';",
      "import { type B, c } from './b.ts';",
      'export const é: string = "日本語" as unknown as Record<string, "ü日">;',
      'class D<T> implements A { readonly #e: T | undefined; f!: number; g(h?: B): asserts h is B { c(h!); } }',
    ].join('\n');
    const emitted = emitJavaScript('src/x.ts', source);
    const lines = [source, emitted].map((text) => text.split('\n'));
    expect(lines[1]?.map((line) => line.length)).toEqual(lines[0]?.map((line) => line.length));
    for (const word of ['é', '"日本語"', '#e', 'g(h', 'c(h'])
      expect(emitted.indexOf(word), word).toBe(source.indexOf(word));
    expect(emitted.split('\n').slice(0, 2)).toEqual([' '.repeat(32), "import {         c } from './b.js';"]);
  });

  test('names JavaScript in imports, exports, import() and the URLs of workers', () => {
    const source = [
      "import './a.ts';",
      'export * from "../b/index.ts";',
      "await import('./c.ts');",
      "new Worker(new URL('./d.ts', import.meta.url));",
    ].join('\n');
    expect(emitJavaScript('src/x.ts', source)).toBe(
      [
        "import './a.js';",
        'export * from "../b/index.js";',
        "await import('./c.js');",
        "new Worker(new URL('./d.js', import.meta.url));",
      ].join('\n'),
    );
  });

  test('leaves alone what only looks like the name of a module', () => {
    const source =
      "const a = 'plugin.ts'; // import './b.ts'\nconst c = /from '.\\/d.ts'/; const e = `import './f.ts'`;";
    expect(emitJavaScript('src/x.ts', source)).toBe(source);
    const packages = "import 'pkg/file.ts'; import data from './data.json' with { type: 'json' };";
    expect(emitJavaScript('src/x.ts', packages)).toBe(packages);
  });

  test.each([
    ["new Worker('./worker.ts');", 'src/x.js: still names ./worker.ts'],
    ["const file = '../worker.ts';", 'src/x.js: still names ../worker.ts'],
    ["import.meta.resolve('./worker.ts');", 'src/x.js: still names ./worker.ts'],
    ['enum A { B }', 'src/x.ts: TypeScript enum is not supported'],
    [
      'class A { constructor(private b: string) {} }',
      'src/x.ts: TypeScript parameter property is not supported',
    ],
    ['const = 1;', 'src/x.ts: '],
  ])('refuses %s', (source, message) => {
    expect(() => emitJavaScript('src/x.ts', source)).toThrow(message);
  });
});

describe('emitted declarations', () => {
  test('name the JavaScript that they describe', () => {
    const source =
      "import type { A } from './a.ts';\nexport declare const b: import('./c.ts').C;\nexport type { A };\n";
    expect(emitDeclarations('src/x.d.ts', source)).toBe(source.replaceAll('.ts', '.js'));
  });
});
