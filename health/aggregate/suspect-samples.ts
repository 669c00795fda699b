/**
 * Suspects as a metric: one series for each module that is named. The way between two nodes is no module, and neither node is
 * named for it: it has a word of its own, and the node at its beginning.
 */
import type { Suspect } from '../infer/evidence.ts';
import type { Sample } from './metrics-page.ts';

/** Whoever scrapes has bounds too. */
const maxSuspects = 200;

/** Of several ways that begin at one node the worst is told: a series may be there only once. */
export function suspectSamples(suspects: readonly Suspect[]): readonly Sample[] {
  const samples = new Map<string, Sample>();
  for (const { node, kind, link, service, version, theta } of suspects.slice(0, maxSuspects)) {
    const module = link === undefined ? kind : 'link';
    const key = `${node}\n${module}`;
    const worst = Math.max(theta, samples.get(key)?.[1] ?? 0);
    samples.set(key, [{ node, module, service, version }, worst]);
  }
  return [...samples.values()];
}
