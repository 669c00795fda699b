import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  cpuAsWritten,
  handlesAsWritten,
  heapAsWritten,
  stacksAsWritten,
} from '../../../../holmes/diagnosis/as-written.ts';
import { SourceFiles } from '../../../../holmes/diagnosis/source-files.ts';
import { exampleCpuProfile } from '../profile/example-cpu-profile.ts';
import { emptyHandles, frame } from '../profile/example-handle-profile.ts';
import { heapNode } from '../profile/example-heap-profile.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sources-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function file(name: string, text: string | Buffer): Promise<string> {
  await writeFile(join(folder, name), text);
  return pathToFileURL(join(folder, name)).href;
}

const typescript = `// Written by a person.
enum Level {
  Low,
  High,
}

interface Unused {
  readonly level: Level;
}

export function audit(name: string): boolean {
  const level: Level = Level.High;
  return level === Level.High && /^(a+)+$/.test(name);
}
`;

/** As a compiler leaves it: other lines than those that were written, and a map beside. */
async function compiled(): Promise<{
  readonly url: string;
  readonly functionLine: number;
  readonly testLine: number;
}> {
  const source = await file('audit.ts', typescript);
  const output = stripTypeScriptTypes(typescript, { mode: 'transform', sourceMap: true, sourceUrl: source });
  const [code = '', inline = ''] = output.split('//# sourceMappingURL=');
  const map = JSON.parse(
    Buffer.from(inline.slice(inline.indexOf(',') + 1).trim(), 'base64').toString(),
  ) as Record<string, unknown>;
  await file('audit.js.map', JSON.stringify({ ...map, sources: ['audit.ts'] }));
  const url = await file('audit.js', `${code}\n//# sourceMappingURL=audit.js.map\n`);
  const lines = code.split('\n');
  const lineOf = (text: string): number => lines.findIndex((line) => line.includes(text)) + 1;
  return { url, functionLine: lineOf('function audit'), testLine: lineOf('.test(') };
}

describe('source files', () => {
  test('give a line of a file', async () => {
    const files = new SourceFiles();
    const url = await file('a.ts', 'one\ntwo\r\nthree');
    expect(files.line(url, 1)).toBe('one');
    expect(files.line(url, 2)).toBe('two');
    expect(files.line(url, 4)).toBeNull();
    expect(files.line(url, 0)).toBeNull();
    expect(files.line(join(folder, 'a.ts'), 3)).toBe('three');
  });

  test('give null for what cannot be read, and never throw', async () => {
    const files = new SourceFiles();
    const large = await file('large.js', Buffer.alloc(5 * 1024 * 1024, 'x'));
    const strange = [
      large,
      pathToFileURL(folder).href,
      'file:///no/such/file.ts',
      'file://%zz',
      'node:fs',
      '',
      'https://example.org/a.js',
      'evalmachine.<anonymous>',
    ];
    for (const url of strange) expect(files.line(url, 1)).toBeNull();
    for (const url of strange) expect(files.place(url, 3, 1)).toEqual({ file: url, line: 3 });
  });

  test('are kept: a file that is removed can still be shown, until others took its place', async () => {
    const files = new SourceFiles();
    const url = await file('gone.ts', 'here');
    expect(files.line(url, 1)).toBe('here');
    await rm(join(folder, 'gone.ts'));
    expect(files.line(url, 1)).toBe('here');
    for (let at = 0; at < 64; at++) files.line(`file:///no/such/${at}.ts`, 1);
    expect(files.line(url, 1)).toBeNull();
  });
});

describe('compiled programs', () => {
  test('are named by the source that was written', async () => {
    const { url, testLine } = await compiled();
    expect(testLine).not.toBe(13);
    const place = new SourceFiles().place(url, testLine, 1);
    expect(place).toEqual({ file: pathToFileURL(join(folder, 'audit.ts')).href, line: 13 });
  });

  test('stay as they are without a map, or with a broken one', async () => {
    const files = new SourceFiles();
    const plain = await file('plain.js', 'one();\ntwo();\n');
    const lost = await file('lost.js', 'one();\n//# sourceMappingURL=nowhere.map\n');
    await file('broken.map', '{ "version": 3, "mappi');
    const broken = await file('broken.js', 'one();\n//# sourceMappingURL=broken.map\n');
    for (const url of [plain, lost, broken]) expect(files.place(url, 1, 1)).toEqual({ file: url, line: 1 });
  });

  test('have profiles that speak of the source', async () => {
    const { url, functionLine, testLine } = await compiled();
    const files = new SourceFiles();
    const written = pathToFileURL(join(folder, 'audit.ts')).href;
    const cpu = cpuAsWritten(
      exampleCpuProfile([{ stack: [`audit ${url}:${functionLine}`], line: testLine }]),
      files,
    );
    expect(cpu.nodes[1]?.callFrame).toMatchObject({ url: written, lineNumber: 10 });
    expect(cpu.nodes[1]?.positionTicks).toEqual([{ line: 13, ticks: 1 }]);
    const heap = heapAsWritten(
      { head: heapNode('(root)', 0, [heapNode(`audit ${url}:${functionLine}`, 9)]) },
      files,
    );
    expect(heap.head.children[0]?.callFrame).toMatchObject({ url: written, lineNumber: 10 });
    const stack = [frame(`audit ${url}:${testLine}`), frame('emit node:events:1')];
    const handles = handlesAsWritten({ ...emptyHandles, buffers: [{ bytes: 1, stack }] }, files);
    expect(handles.buffers[0]?.stack[0]).toMatchObject({ url: written, line: 13 });
    expect(stacksAsWritten([{ at: 1, frames: stack }], files)[0]?.frames[1]).toEqual(stack[1]);
  });

  test('have profiles that are left alone when nothing is mapped', async () => {
    const url = await file('plain.js', 'one();\n');
    const profile = exampleCpuProfile([{ stack: [`one ${url}:1`], line: 1 }]);
    expect(cpuAsWritten(profile, new SourceFiles())).toBe(profile);
  });
});
