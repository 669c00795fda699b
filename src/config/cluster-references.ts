/** Everything that names a cluster, and the names that no cluster has. */
import { type Named, nameOf } from './named.ts';
import { nearestName } from '../base/index.ts';
import type { Place } from './path.ts';
import type { Finding } from './shape-problems.ts';

/** Each costs a comparison with every cluster; a file with more mistakes has one cause. */
const mostHints = 100;

export function unknownClusters(listeners: readonly Place[], clusters: readonly Place[]): Finding[] {
  const known = new Set(
    clusters.map((cluster) => cluster.at('name').text).filter((name) => name !== undefined),
  );
  return listeners
    .flatMap(clusterReferences)
    .filter((reference) => reference.key !== undefined && !known.has(reference.key))
    .map(({ place, key = '' }, index) => ({
      path: place.path,
      expected: 'the name of a cluster',
      got: JSON.stringify(key),
      hint: index < mostHints ? clusterHint(key, known) : undefined,
    }));
}

function clusterHint(name: string, known: ReadonlySet<string>): string {
  const near = nearestName(name, known);
  if (near !== undefined) return `did you mean ${near}?`;
  if (known.size === 0) return 'no clusters are configured';
  const few = [...known].slice(0, 8).join(', ');
  return `the clusters are ${few}${known.size > 8 ? ', ...' : ''}`;
}

/** Everything in a listener that names a cluster. */
function clusterReferences(listener: Place): Named[] {
  const hosts = listener.at('virtual_hosts').items();
  const routes = [listener, ...hosts].flatMap((owner) => owner.at('routes').items());
  return [listener, ...routes].flatMap(targets);
}

function targets(owner: Place): Named[] {
  const cluster = owner.at('cluster');
  const clusters = owner.at('clusters');
  const listed = clusters
    .items()
    .map((item) => (item.text === undefined ? nameOf(item) : { place: item, key: item.text }));
  const mapped = clusters.keys().map((key) => ({ place: clusters.at(key), key }));
  return [{ place: cluster, key: cluster.text }, ...listed, ...mapped];
}
