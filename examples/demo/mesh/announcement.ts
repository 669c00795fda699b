/** What to open, once everything runs. */
import type { LocalNode } from '../../mesh/local-node.ts';
import type { Stage } from './stage.ts';

export function announcement({ mesh, monitoring }: Stage): string {
  const { url, token } = mesh.aggregator;
  const callersFirst = mesh.nodes.toSorted((a, b) => b.plan.role.localeCompare(a.plan.role));
  const nodes = callersFirst.map((node) => [describe(node), `${node.admin}/console`] as const);
  const prometheus =
    monitoring.prometheus === '' ? notInstalled('prometheus') : `${monitoring.prometheus}/alerts`;
  const alertmanager =
    monitoring.alertmanager === '' ? notInstalled('prometheus-alertmanager') : monitoring.alertmanager;
  const lines: readonly (readonly [string, string])[] = [
    ...nodes,
    ['aggregator', `${url}/console  (any user, password ${token})`],
    ['Prometheus', prometheus],
    ['Alertmanager', alertmanager],
    ['flame graphs', 'of each capture, from the page of its node'],
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  return lines.map(([name, address]) => `  ${name.padEnd(width)}${address}`).join('\n');
}

function describe({ plan: { name, service, version, role } }: LocalNode): string {
  return `${name} (${service} ${version}, ${role})`;
}

function notInstalled(name: string): string {
  return `is not installed (Debian: ${name}): no alerts`;
}
