/** All planted culprits, in the order in which they are told of. */
import { bufferLeak } from './buffer-leak.ts';
import { closureLeak } from './closure-leak.ts';
import type { CulpritMaker } from './culprit.ts';
import { growingMap } from './growing-map.ts';
import { json } from './json.ts';
import { listenerLeak } from './listener-leak.ts';
import { promiseStorm } from './promise-storm.ts';
import { regularExpression } from './regular-expression.ts';
import { socketLeak } from './socket-leak.ts';
import { synchronousCrypto } from './synchronous-crypto.ts';
import { synchronousFile } from './synchronous-file.ts';
import { tightLoop } from './tight-loop.ts';
import { timerStorm } from './timer-storm.ts';

export const CulpritName = [
  'tight-loop',
  'regular-expression',
  'json',
  'synchronous-crypto',
  'synchronous-file',
  'timer-storm',
  'promise-storm',
  'socket-leak',
  'listener-leak',
  'buffer-leak',
  'growing-map',
  'closure-leak',
] as const;
export type CulpritName = (typeof CulpritName)[number];

export const culprits: Readonly<Record<CulpritName, CulpritMaker>> = {
  'tight-loop': tightLoop,
  'regular-expression': regularExpression,
  json,
  'synchronous-crypto': synchronousCrypto,
  'synchronous-file': synchronousFile,
  'timer-storm': timerStorm,
  'promise-storm': promiseStorm,
  'socket-leak': socketLeak,
  'listener-leak': listenerLeak,
  'buffer-leak': bufferLeak,
  'growing-map': growingMap,
  'closure-leak': closureLeak,
};
