/** What an inference was worth, given what was planted. */
import type { Suspect } from '../../../health/infer/evidence.ts';
import type { Fault, Fleet } from './fleet.ts';

export interface Score {
  trials: number;
  /** Windows in which anybody is suspected; a module of a proxy; one of them without any doubt told. */
  blamed: number;
  proxyBlamed: number;
  proxyNamed: number;
  /** The first suspect is the planted node; and the planted module; and the module is among what it says cannot be told apart. */
  node: number;
  module: number;
  covered: number;
  /** Windows with a suspect on a node that is innocent. */
  falseNode: number;
}

export function emptyScore(): Score {
  return {
    trials: 0,
    blamed: 0,
    proxyBlamed: 0,
    proxyNamed: 0,
    node: 0,
    module: 0,
    covered: 0,
    falseNode: 0,
  };
}

export function addScore(
  score: Score,
  suspects: readonly Suspect[],
  planted: Fault | null,
  fleet: Fleet,
): void {
  const proxies = suspects.filter(({ kind }) => kind !== 'application');
  score.trials++;
  if (suspects.length > 0) score.blamed++;
  if (proxies.length > 0) score.proxyBlamed++;
  if (proxies.some(({ ambiguity }) => !ambiguity.some(({ kind }) => kind === 'application')))
    score.proxyNamed++;
  const guilty = planted === null ? '' : (fleet.nodes[planted.node]?.node ?? '');
  const callee = planted?.place === 'link' ? (fleet.nodes[planted.callee]?.node ?? '') : guilty;
  if (suspects.some(({ node }) => node !== guilty && node !== callee)) score.falseNode++;
  const [first] = suspects;
  if (first === undefined || planted === null) return;
  if (planted.place === 'link') {
    if (first.link?.caller === guilty && first.link.callee === callee) {
      score.node++;
      score.module++;
      score.covered++;
    }
    return;
  }
  const right = first.node === guilty && first.link === undefined;
  if (right) score.node++;
  if (right && first.kind === planted.place) score.module++;
  if (first.ambiguity.some(({ node, kind }) => node === guilty && kind === planted.place)) score.covered++;
}
