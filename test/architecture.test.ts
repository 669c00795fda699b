/**
 * The rooms and their order. A room imports only rooms above it, and only through their door, so that a reader can
 * understand one room with the ones above it in mind and nothing else.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judge, type Plan } from './architecture/rules.ts';

const plan: Plan = {
  rooms: [
    'src/base',
    'src/telemetry',
    'src/config',
    'src/net',
    'src/tls',
    'src/protocol',
    'src/cluster',
    'src/route',
    'src/filter',
    'src/proxy',
    'src/data',
    'src/discovery',
    'src/upgrade',
    'src/testmesh',
    'src/admin',
    'src/control',
    'src/command',
  ],
  standAlone: { holmes: ['src/control'], health: ['src/control'] },
  outermost: ['src/index.ts', 'src/main.ts'],
  secondDoors: {
    // Metrics, logs and spans towards people and collectors: the libraries for it stay out of a data thread.
    'src/telemetry/control.ts': ['src/control', 'src/admin', 'src/command'],
    'src/cluster/control.ts': ['src/control'],
    // Components and the gate, without what an aggregator needs.
    'health/static.ts': ['src/control'],
    // Switched on before the door of the command line, and with it everything else, is loaded.
    'src/command/compile-cache.ts': ['src/main.ts'],
  },
  typesForAll: ['src/config'],
  lightRooms: [
    'src/base',
    'src/net',
    'src/tls',
    'src/protocol',
    'src/cluster',
    'src/route',
    'src/filter',
    'src/proxy',
    'src/data',
  ],
  heavyPackages: ['@grpc/', '@opentelemetry/', 'pino', 'prom-client', 'systeminformation', 'yaml', 'zod'],
};

const root = join(import.meta.dirname, '..');

function sourcesOnDisk(): ReadonlyMap<string, string> {
  const paths = ['src', 'holmes', 'health'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => `${folder}/${path.replaceAll('\\', '/')}`),
  );
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

describe('the source', () => {
  test('keeps to the order of the rooms and to their doors', () => {
    const sources = sourcesOnDisk();
    const { violations, files, references } = judge(plan, sources);
    console.log(`architecture: examined ${files} files, ${references} references`);
    expect(files).toBeGreaterThan(0);
    expect(references).toBeGreaterThan(0);
    for (const folder of ['src/', 'holmes/', 'health/'])
      expect([...sources.keys()].some((path) => path.startsWith(folder))).toBe(true);
    expect(violations).toEqual([]);
  });
});

const doors = Object.fromEntries(
  [...plan.rooms, 'holmes', 'health'].map((room) => [`${room}/index.ts`, 'export const a = 1;']),
);

/** What the plan says of a tree of empty doors with these files put in. */
function violationsOf(files: Readonly<Record<string, string>>): readonly string[] {
  return judge(plan, new Map(Object.entries({ ...doors, ...files }))).violations;
}

describe('the check of the rooms', () => {
  test.each([
    ['a lower room by its door', 'src/net/a.ts', "import { a } from '../base/index.ts';"],
    ['a file of the same room', 'src/net/index.ts', "export { a } from './index.ts';"],
    ['types of the configuration', 'src/base/a.ts', "import type { a } from '../config/index.ts';"],
    [
      'a worker that lives in another room',
      'src/control/a.ts',
      "new URL('../data/index.ts', import.meta.url);",
    ],
    ['holmes from the control thread', 'src/control/a.ts', "import { a } from '../../holmes/index.ts';"],
    ['a heavy library in the control thread', 'src/control/a.ts', "import pino from 'pino';"],
    ['a type of a heavy library', 'src/net/a.ts', "import type { Logger } from 'pino';"],
    [
      'what only looks like an import',
      'src/base/a.ts',
      "// import '../net/a.ts'\nconst s = \"import '../net/a.ts'\";",
    ],
  ])('allows %s', (_, path, source) => {
    expect(violationsOf({ [path]: source })).toEqual([]);
  });

  test('allows a second door to the rooms it is for', () => {
    const door = { 'src/telemetry/control.ts': "import 'prom-client';" };
    const use = "import '../telemetry/control.ts';";
    expect(violationsOf({ ...door, 'src/admin/a.ts': use })).toEqual([]);
    expect(violationsOf({ ...door, 'src/proxy/a.ts': use })).toEqual([
      'src/proxy/a.ts:1: loads prom-client into a data thread: src/proxy/a.ts -> src/telemetry/control.ts -> prom-client',
      'src/proxy/a.ts:1: uses src/telemetry/control.ts, a door for src/control, src/admin, src/command only',
    ]);
  });

  test.each([
    [
      'a back door',
      { 'src/net/a.ts': "\nimport { a } from '../base/clock.ts';", 'src/base/clock.ts': '' },
      'src/net/a.ts:2: enters src/base by the back door src/base/clock.ts',
    ],
    [
      'a back door for types',
      { 'src/net/a.ts': "type A = import('../base/clock.ts').A;", 'src/base/clock.ts': '' },
      'src/net/a.ts:1: enters src/base by the back door src/base/clock.ts',
    ],
    [
      'a room that comes later',
      { 'src/net/a.ts': "export type { a } from '../proxy/index.ts';" },
      'src/net/a.ts:1: src/net may not import src/proxy, which comes after it',
    ],
    [
      'a worker of a room that comes later',
      { 'src/net/a.ts': "new URL('../data/index.ts', import.meta.url);" },
      'src/net/a.ts:1: src/net may not import src/data, which comes after it',
    ],
    [
      'values of the configuration',
      { 'src/base/a.ts': "import { type A } from '../config/index.ts';" },
      'src/base/a.ts:1: src/base may import only types of src/config, by `import type`',
    ],
    [
      'a folder that is not in the list',
      { 'src/stuff/a.ts': '' },
      'src/stuff/a.ts:1: lies in no room of the plan',
    ],
    ['a file beside the rooms', { 'src/types.ts': '' }, 'src/types.ts:1: lies in no room of the plan'],
    [
      'the proxy in holmes',
      { 'holmes/a.ts': "await import('../src/base/index.ts');" },
      'holmes/a.ts:1: holmes stands alone and may not import src/base',
    ],
    [
      'health in holmes',
      { 'holmes/a.ts': "import '../health/index.ts';" },
      'holmes/a.ts:1: may not import health',
    ],
    [
      'holmes on the data path',
      { 'src/data/a.ts': "import '../../holmes/index.ts';" },
      'src/data/a.ts:1: may not import holmes',
    ],
    [
      'the program in a room',
      { 'src/command/a.ts': "import '../main.ts';", 'src/main.ts': '' },
      'src/command/a.ts:1: enters src/main.ts by the back door src/main.ts',
    ],
    [
      'a worker that is not there',
      { 'src/control/a.ts': "new URL('../data/gone.ts', import.meta.url);" },
      'src/control/a.ts:1: names src/data/gone.ts, which is not there',
    ],
    [
      'a heavy library behind a door',
      { 'src/data/a.ts': "import '../config/index.ts';", 'src/config/index.ts': "import 'zod/v4';" },
      'src/data/a.ts:1: loads zod/v4 into a data thread: src/data/a.ts -> src/config/index.ts -> zod/v4',
    ],
    [
      'a heavy library of a scope',
      { 'src/route/a.ts': "import '@opentelemetry/api';" },
      'src/route/a.ts:1: loads @opentelemetry/api into a data thread: src/route/a.ts -> @opentelemetry/api',
    ],
  ])('finds %s', (_, files, violation) => {
    expect(violationsOf(files)).toEqual([violation]);
  });

  test('finds a cycle of rooms, beside the import that closes it', () => {
    const files = {
      'src/base/a.ts': "import '../net/index.ts';",
      'src/net/a.ts': "import '../base/index.ts';",
    };
    expect(violationsOf(files)).toEqual([
      'cycle of rooms: src/base -> src/net -> src/base',
      'src/base/a.ts:1: src/base may not import src/net, which comes after it',
    ]);
  });

  test('says what it examined', () => {
    expect(judge(plan, new Map())).toEqual({ violations: [], files: 0, references: 0 });
    const one = new Map([['src/base/a.ts', "import 'node:net'; export * from './a.ts';"]]);
    expect(judge(plan, one)).toEqual({ violations: [], files: 1, references: 2 });
  });
});
