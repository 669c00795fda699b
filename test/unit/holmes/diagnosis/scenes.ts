/** How each culprit is shown, and what a diagnosis has to say of it. */
import { readFileSync } from 'node:fs';
import { type CulpritName, culprits } from '../../../../examples/culprits/table.ts';
import type { Suspect } from '../../../../holmes/diagnosis/diagnosis.ts';
import type { Scene } from './culprit-scene.ts';

export interface Expected {
  readonly construct: Suspect['construct'];
  readonly functionName: string;
  readonly file: string;
  readonly line: number;
}

const constructs: Readonly<Record<CulpritName, Suspect['construct']>> = {
  'tight-loop': 'loop',
  'regular-expression': 'regular expression',
  json: 'JSON',
  'synchronous-crypto': 'synchronous crypto',
  'synchronous-file': 'synchronous file access',
  'timer-storm': 'timers',
  'promise-storm': 'promises',
  'socket-leak': 'sockets',
  'listener-leak': 'listeners',
  'buffer-leak': 'buffers',
  'growing-map': 'collection',
  'closure-leak': 'closures',
};

export function sceneOf(name: CulpritName): Scene {
  return { name, kind: culprits[name]().capture, lastsMs: 1500, strikes: 100 };
}

export const culpritFolder: URL = new URL('../../../../examples/culprits/', import.meta.url);

/** What the culprit says of itself, with the line looked up in its source. */
export function expectedOf(name: CulpritName): Expected {
  const { guilty, file, statement } = culprits[name]();
  const lines = readFileSync(new URL(file, culpritFolder), 'utf8').split('\n');
  const line = lines.findIndex((text) => text.includes(statement)) + 1;
  return { construct: constructs[name], functionName: guilty, file, line };
}
