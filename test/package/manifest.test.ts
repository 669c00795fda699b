import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../build/executable.ts';

interface Manifest {
  readonly engines: { readonly node: string };
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(join(repositoryRoot, path), 'utf8'));
}

const manifest = read('package.json') as Manifest;
const { packages } = read('package-lock.json') as { packages: Readonly<Record<string, LockedPackage>> };
const locked = Object.entries(packages);
const lockedPaths = new Set(locked.map(([path]) => path));

describe('package.json', () => {
  test('pins every dependency to one version', () => {
    const ranges = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(ranges.length).toBeGreaterThan(0);
    expect(ranges.filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
  });

  test('runs its scripts under the Node that it pins', () => {
    expect(process.version).toBe(`v${manifest.devDependencies['node']}`);
  });

  test('promises entry points that have a source', () => {
    const targets = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [] : [target.default],
    );
    const sources = [...targets, ...Object.values(manifest.bin)].map((target) =>
      target.replace('./dist/', '').replace(/\.js$/, '.ts'),
    );
    expect(sources).toEqual(['src/index.ts', 'holmes/index.ts', 'health/index.ts', 'src/main.ts']);
    expect(sources.filter((source) => !existsSync(join(repositoryRoot, source)))).toEqual([]);
  });

  test('has scripts whose files are there', () => {
    const files = Object.values(manifest.scripts).flatMap((script) => script.match(/\S+\.ts\b/g) ?? []);
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !existsSync(join(repositoryRoot, file)))).toEqual([]);
  });

  test('allows or denies the install script of every package that has one', () => {
    const withScript = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
    expect(withScript).toContain('node');
    expect(new Set(Object.keys(manifest.allowScripts))).toEqual(new Set(withScript));
  });
});

describe('package-lock.json', () => {
  // npm leaves them out when it locks on one platform with node_modules present, and then `npm ci` fails on all others.
  test('holds the optional packages of every platform', () => {
    const wanted = locked.flatMap(([owner, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).map((name) => ({ owner, name })),
    );
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.filter(({ owner, name }) => !isLocked(owner, name))).toEqual([]);
  });

  test('names no registry, so that each machine uses its own', () => {
    expect(locked.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  test('knows the digest of every package that is not for one platform only', () => {
    const unknown = locked.filter(
      ([path, { integrity, optional }]) => path !== '' && integrity === undefined && optional !== true,
    );
    expect(unknown).toEqual([]);
  });
});

/** Whether `name` is found from `owner` upwards, as Node looks for it. */
function isLocked(owner: string, name: string): boolean {
  for (let folder = owner; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (lockedPaths.has(folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`))
      return true;
    if (folder === '') return false;
  }
}
