/** `/config_dump`: the configuration in force, whole or a part of it, never with a secret. */
import { MeshlockError, didYouMean } from '../../base/index.ts';
import type { Pattern } from '../pattern.ts';
import { json } from '../reply.ts';
import { withoutSecrets } from '../redaction.ts';
import type { AdminRoute } from '../route.ts';
import type { AdminSource } from '../source.ts';
import { clusterStatus } from './clusters.ts';

export function configDumpRoutes(source: AdminSource): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/config_dump',
      summary: 'The configuration in force, with its version and origin; secrets are left out.',
      formats: ['json'],
      parameters: [
        { name: 'resource', summary: 'Only this section, such as listeners or clusters.', value: 'text' },
        {
          name: 'name_regex',
          summary: 'Of sections that list named things, only those whose whole name matches.',
          value: 'pattern',
        },
        {
          name: 'include_eds',
          summary: 'Also the endpoints as discovered, with their health.',
          value: 'flag',
        },
      ],
      handle: ({ query }) => {
        const dump = source.configDump();
        let config = Object.fromEntries(Object.entries(dump.config));
        if (query.flag('include_eds')) config['endpoints'] = source.clusters().map(clusterStatus);
        const resource = query.text('resource');
        if (resource !== null) config = section(config, resource);
        const names = query.pattern('name_regex');
        if (names !== null) config = onlyNamed(config, names);
        return json(200, {
          version_info: String(dump.version),
          last_updated: new Date(dump.appliedAtMs).toISOString(),
          origin: dump.origin,
          config: withoutSecrets(config),
        });
      },
    },
  ];
}

/** `static_listeners` and `dynamic_active_clusters` are Envoy's words for our `listeners` and `clusters`. */
function section(config: Record<string, unknown>, resource: string): Record<string, unknown> {
  const name = resource.replace(/^(static|dynamic_active)_/, '');
  if (Object.hasOwn(config, name)) return { [name]: config[name] };
  const sections = Object.keys(config);
  throw new MeshlockError('USAGE', 'a parameter is not valid', [
    {
      path: 'resource',
      expected: `one of ${sections.join(', ')}`,
      got: JSON.stringify(resource.slice(0, 60)),
      ...didYouMean(name, sections),
    },
  ]);
}

function onlyNamed(config: Record<string, unknown>, names: Pattern): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(config)) {
    if (!Array.isArray(value)) continue;
    kept[name] = value.filter((item: unknown) => names.matches(nameOf(item)));
  }
  return kept;
}

function nameOf(item: unknown): string {
  const named = typeof item === 'object' && item !== null && 'name' in item ? item.name : '';
  return typeof named === 'string' ? named : '';
}
