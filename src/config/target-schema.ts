/** Where requests or connections go: `cluster: app`, or several with weights. */
import * as z from 'zod';
import { block, choice, list } from './block.ts';
import { routeDefaults } from './defaults.ts';
import type { WeightedCluster } from './model.ts';
import { name } from './name-schema.ts';
import { integer } from './scalar-schema.ts';

const weight = integer(0, 1_000_000);

const weighted = block({
  name: name().describe('Name of the cluster.'),
  weight: weight.prefault(routeDefaults.weight).describe('Share relative to the other weights of the list.'),
})
  .transform((value): WeightedCluster => ({ cluster: value.name, weight: value.weight }))
  .meta({ id: 'weighted_cluster', description: 'A cluster and its share.' });

const unweighted = name().transform(
  (cluster): WeightedCluster => ({ cluster, weight: routeDefaults.weight }),
);

const listed = list(
  choice('a cluster name, or a mapping with name and weight', [unweighted, weighted]),
  'clusters',
);

const byName = z
  .record(name(), weight, { error: 'a mapping of cluster names to weights' })
  .transform((weights): WeightedCluster[] =>
    Object.entries(weights).map(([cluster, share]) => ({ cluster, weight: share })),
  );

const clusters = choice('a list of clusters, or a mapping of cluster names to weights', [
  listed,
  byName,
]).refine((targets) => targets.some((target) => target.weight > 0), {
  error: 'at least one cluster with a weight above 0',
  params: { got: 'none' },
});

/** Keys of a route or listener that forwards. */
export const targetShape: {
  readonly cluster: z.ZodOptional<z.ZodType<string>>;
  readonly clusters: z.ZodOptional<z.ZodType<WeightedCluster[]>>;
} = {
  cluster: name().optional().describe('The cluster that everything goes to.'),
  clusters: z
    .optional(clusters)
    .describe('Several clusters with weights: `{ stable: 95, canary: 5 }`, or a list of `{ name, weight }`.'),
};

/** Undefined when the mapping names no cluster. */
export function targetsOf(value: {
  cluster?: string | undefined;
  clusters?: WeightedCluster[] | undefined;
}): readonly WeightedCluster[] | undefined {
  if (value.cluster !== undefined) return [{ cluster: value.cluster, weight: routeDefaults.weight }];
  return value.clusters;
}
