/**
 * What Pyroscope is told of the sample types in a profile (`sample_type_config` of its `/ingest`): it knows those of the
 * Go runtime by itself, and needs this to name and to add up the others.
 */

export interface SampleType {
  readonly units: 'samples' | 'objects' | 'bytes';
  readonly 'display-name': string;
  /** Over time: work is added up, what is alive is averaged. */
  readonly aggregation: 'sum' | 'average';
  /** The period in the profile counts. */
  readonly sampled: boolean;
}

/** By the type's name in the pprof; those that a profile does not have do no harm. */
export const sampleTypes: Readonly<Record<string, SampleType>> = {
  samples: { units: 'samples', 'display-name': 'samples', aggregation: 'sum', sampled: true },
  cpu: { units: 'samples', 'display-name': 'cpu', aggregation: 'sum', sampled: true },
  inuse_objects: alive('objects', 'inuse_objects'),
  inuse_space: alive('bytes', 'inuse_space'),
  handles: alive('objects', 'handles'),
  buffered: alive('bytes', 'buffered'),
  external: alive('bytes', 'external'),
  age: alive('samples', 'age'),
  created: { units: 'objects', 'display-name': 'created', aggregation: 'sum', sampled: false },
};

function alive(units: SampleType['units'], name: string): SampleType {
  return { units, 'display-name': name, aggregation: 'average', sampled: false };
}
