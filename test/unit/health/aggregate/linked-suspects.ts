/** A module that is suspected, and two ways that begin at it. */
import type { Suspect } from '../../../../health/infer/evidence.ts';

function suspect(callee: string | undefined, theta: number): Suspect {
  return {
    node: 'web-1',
    kind: 'outbound_upstream',
    ...(callee === undefined ? {} : { link: { caller: 'web-1', callee } }),
    ...{ service: 'web', version: '1', release: '', theta, explained: 50, gain: 100, threshold: 7 },
    ...{ ambiguity: [], edges: [], contrast: [], sentence: callee ?? 'the module' },
  };
}

export const linkedSuspects: readonly Suspect[] = [
  suspect('cart-1', 0.25),
  suspect('cart-2', 0.5),
  suspect(undefined, 0.125),
];
