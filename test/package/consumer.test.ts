/** The built package, laid out as an importer has it, loaded and run by a Node of its own. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build, type BuildResult } from '../../build/build.ts';
import { repositoryRoot } from '../../build/executable.ts';

const run = promisify(execFile);
let folder: string;
let installed: string;
let built: BuildResult;

beforeAll(async () => {
  // Below the repository, so that the package finds its dependencies in the repository's node_modules.
  await mkdir(join(repositoryRoot, '.tmp'), { recursive: true });
  folder = await mkdtemp(join(repositoryRoot, '.tmp', 'consumer-'));
  installed = join(folder, 'node_modules', 'meshlock');
  built = await build(join(installed, 'dist'));
  await copyFile(join(repositoryRoot, 'package.json'), join(installed, 'package.json'));
  // Without a package of its own the importer would be part of the repository, which is named meshlock too.
  await writeFile(join(folder, 'package.json'), '{ "name": "importer", "private": true, "type": "module" }');
}, 60_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** What Node prints for this module, run in the importer's folder. */
async function evaluate(source: string): Promise<string> {
  const args = ['--input-type=module', '--eval', source];
  return (await run(process.execPath, args, { cwd: folder })).stdout.trim();
}

describe('the built package', () => {
  test('has a declaration for every module', () => {
    expect(built.modules).toBeGreaterThan(0);
    expect(built.declarations).toBe(built.modules);
  });

  test.each([
    ['meshlock', 'MeshlockError,formatProblem'],
    [
      'meshlock/holmes',
      'CaptureFormat,CaptureKind,CaptureRefused,DiskStore,Monitor,Occasion,ProcessSubject,ReadingName,RuleName,' +
        'SettingsError,WorkerLinks,WorkerSubject,applyChange,defaultSettings,parseChange,readingTable,ruleTable,' +
        'settingsAsJson,systemClock,watch',
    ],
    [
      'meshlock/health',
      'Action,AggregateServer,AggregateSettingsError,Aggregator,ComponentStatus,EpochCounter,' +
        'FailureOrigin,HealthRegistry,ReportSender,TrafficGate,Verdict,Viewpoint,' +
        'defaultAggregateSettings,healthJson,infer,joinEpochs,judgeRelease,lineText,mergeEvidence,' +
        'observeHttp,parseAggregateSettings,verboseText',
    ],
  ])('is imported as %s', async (specifier, names) => {
    expect(await evaluate(`console.log(Object.keys(await import('${specifier}')).join())`)).toBe(names);
  });

  test('watches a program that imports it, and is gone when the program ends', async () => {
    const program = `
      const { watch } = await import('meshlock/holmes');
      const holmes = watch({ directory: ${JSON.stringify(join(folder, 'captures'))} });
      await holmes.ready;
      const { id, diagnosis } = await holmes.capture({ subject: 'main', kind: 'cpu', seconds: 1 });
      console.log(id.endsWith('main-cpu'), diagnosis.sentence !== '', await holmes.delete(id));`;
    expect(await evaluate(program)).toBe('true true true');
  });

  test('lets nobody in by another path', async () => {
    await expect(evaluate("await import('meshlock/dist/src/main.js')")).rejects.toThrow(
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    );
  });

  test('points at the line and column of the source when it throws', async () => {
    const thrown = await evaluate(
      "const { formatProblem } = await import('meshlock');" +
        'try { formatProblem(null); } catch (error) { console.log(error.stack); }',
    );
    const [, path = '', line = 0, column = 0] = /dist\/(\S+)\.js:(\d+):(\d+)/.exec(thrown) ?? [];
    const source = await readFile(join(repositoryRoot, `${path}.ts`), 'utf8');
    expect(source.split('\n')[Number(line) - 1]?.slice(Number(column) - 1)).toMatch(/^path === ''/);
  });

  test('runs as a program', async () => {
    const program = join(installed, 'dist', 'src', 'main.js');
    const { stdout } = await run(process.execPath, [program, 'version']);
    expect(stdout).toMatch(/\d+\.\d+\.\d+/);
  });
});
