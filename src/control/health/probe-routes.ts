/** `/livez`, `/readyz`, `/startupz` for orchestrators and balancers, and `/v1/health` for whoever inspects more closely. */
import {
  type ComponentView,
  healthJson,
  lineText,
  type Probe,
  type ServiceInfo,
  verboseText,
} from '../../../health/static.ts';
import { type AdminReply, type AdminRoute, refuse, text } from '../../admin/index.ts';
import type { HealthAccess } from './proxy-health.ts';

const summaries: Readonly<Record<Probe, string>> = {
  livez: '200 while this process works; what it depends on does not matter.',
  readyz: '200 when traffic may come: the gate is open and every required component is well.',
  startupz: '200 once traffic has been opened for the first time.',
};

export function probeRoutes(access: HealthAccess, info: () => ServiceInfo): readonly AdminRoute[] {
  return [
    ...(['livez', 'readyz', 'startupz'] as const).map((probe) => probeRoute(access, probe)),
    ...(['livez', 'readyz'] as const).map((probe) => componentRoute(access, probe)),
    {
      method: 'GET',
      path: '/v1/health',
      summary:
        'Every component as application/health+json; 503 when the whole fails, 200 when it only warns.',
      formats: ['json'],
      handle: () => healthReply(access, info()),
    },
  ];
}

function probeRoute(access: HealthAccess, probe: Probe): AdminRoute {
  return {
    method: 'GET',
    path: `/${probe}`,
    summary: summaries[probe],
    formats: ['text'],
    parameters: [
      { name: 'verbose', summary: 'A line for each component.', value: 'flag' },
      { name: 'exclude', summary: 'Components that are not to count, separated by commas.', value: 'text' },
    ],
    handle: ({ query }) => {
      // A name that does not exist is told and changes nothing: a probe is not to break when a component is renamed.
      const exclude = (query.text('exclude') ?? '').split(',').flatMap((name) => name.trim() || []);
      const { ok, text: lines } = verboseText(access.snapshot, access.gate, { probe, exclude });
      // Whoever does not ask gets all of it when there is something to tell.
      return text(ok ? 200 : 503, ok && !query.flag('verbose') ? 'ok' : lines);
    },
  };
}

function componentRoute(access: HealthAccess, probe: 'livez' | 'readyz'): AdminRoute {
  return {
    method: 'GET',
    path: `/${probe}/:name`,
    summary: `What one component says to /${probe}.`,
    formats: ['text'],
    parameters: [{ name: 'verbose', summary: 'A line for each of its items.', value: 'flag' }],
    handle: ({ params, query, format }) => {
      const { name = '' } = params;
      const line = lineText(access.snapshot, access.gate, { probe, name });
      if (line === null)
        return refuse(format, 404, `/${probe} has no such component: /${probe}?verbose lists them`);
      const component = access.snapshot.components.find((each) => each.name === name);
      const items = query.flag('verbose') && component !== undefined ? itemLines(component) : [];
      return text(line.ok ? 200 : 503, [line.text.trimEnd(), ...items].join('\n'));
    },
  };
}

function itemLines({ items, itemCount }: ComponentView): string[] {
  const lines = items.map(
    ({ name, status, detail }) => `  ${name} ${status}${detail === '' ? '' : `: ${detail}`}`,
  );
  return itemCount > items.length ? [...lines, `  and ${itemCount - items.length} more`] : lines;
}

function healthReply({ snapshot, gate }: HealthAccess, info: ServiceInfo): AdminReply {
  const body = healthJson(snapshot, gate, info);
  return {
    status: body.status === 'fail' ? 503 : 200,
    contentType: 'application/health+json',
    body: `${JSON.stringify(body, null, 1)}\n`,
    headers: { 'cache-control': 'no-store' },
  };
}
