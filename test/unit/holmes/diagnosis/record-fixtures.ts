/**
 * Records the fixtures of this folder anew, from real threads: `npx node test/unit/holmes/diagnosis/record-fixtures.ts`.
 * A fixture has the source as it was, so that it stays true when a culprit is changed.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { CulpritName, culprits } from '../../../../examples/culprits/table.ts';
import { record } from './culprit-scene.ts';
import type { Fixture } from './fixture.ts';
import { culpritFolder, expectedOf, sceneOf } from './scenes.ts';

const repository: string = new URL('../../../../', import.meta.url).href;
const folder: URL = new URL('fixtures/', import.meta.url);

await mkdir(folder, { recursive: true });
for (const name of CulpritName) {
  const recording = await record(sceneOf(name));
  const { file } = culprits[name]();
  const source = await readFile(new URL(file, culpritFolder), 'utf8');
  const fixture: Fixture = { name, node: process.version, expected: expectedOf(name), source, recording };
  // Where it was recorded is of no interest.
  const text = JSON.stringify(fixture).replaceAll(repository, 'file:///app/');
  await writeFile(new URL(`${name}.json`, folder), `${text}\n`);
  console.log(`${name}: ${text.length} bytes`);
}
