/** How an application of a local mesh reports its own viewpoint: the one import of `meshlock/health`, where it is told to. */
import { observeHttp } from '../../health/index.ts';
import type { Peer } from '../../health/index.ts';

/** Name of the variable that holds an `Observation` as JSON. */
export const observationVariable = 'MESH_OBSERVATION';

export interface Observation {
  readonly node: Peer;
  readonly report: { readonly url: string; readonly token: string };
}

export function observeFromEnvironment(): void {
  const text = process.env[observationVariable] ?? '';
  if (text !== '') observeHttp(JSON.parse(text) as Observation);
}
