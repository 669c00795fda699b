/** One line on how the mesh is, read from those who know it. */
import type { LocalNode } from '../../mesh/local-node.ts';
import { suspectsOf } from './fleet-view.ts';
import { capturesOf, componentsOf } from './node-view.ts';
import type { Stage } from './stage.ts';

export interface Moment {
  /** `performance.now()`. */
  readonly at: number;
  readonly calls: number;
  readonly failures: number;
}

export function momentOf({ mesh }: Stage): Moment {
  return { at: performance.now(), ...mesh.figures };
}

/** `40 calls/s, 0 failed | all components are well | 1 capture | no suspects | no alerts` */
export async function liveLine(stage: Stage, before: Moment): Promise<string> {
  const now = momentOf(stage);
  const seconds = Math.max(0.001, (now.at - before.at) / 1000);
  const rate = Math.round((now.calls - before.calls) / seconds);
  const traffic = `${rate} calls/s, ${now.failures - before.failures} failed`;
  const parts = await Promise.all([
    orUnknown('components', componentsPart(stage.mesh.nodes)),
    orUnknown('captures', capturesPart(stage.mesh.nodes)),
    orUnknown('suspects', suspectsPart(stage)),
    ...(stage.monitoring.prometheus === '' ? [] : [orUnknown('alerts', alertsPart(stage))]),
  ]);
  return `${new Date().toISOString().slice(11, 19)}  ${[traffic, ...parts].join(' | ')}`;
}

async function componentsPart(nodes: readonly LocalNode[]): Promise<string> {
  const bad = await Promise.all(
    nodes.map(async (node) =>
      (await componentsOf(node))
        .filter(({ status }) => status !== 'healthy' && status !== 'open')
        .map(({ name, status }) => `${node.plan.name}: ${name} ${status}`),
    ),
  );
  return bad.flat().join(', ') || 'all components are well';
}

async function capturesPart(nodes: readonly LocalNode[]): Promise<string> {
  const counts = await Promise.all(nodes.map(async (node) => (await capturesOf(node)).length));
  const sum = counts.reduce((total, count) => total + count, 0);
  return sum === 1 ? '1 capture' : `${sum === 0 ? 'no' : sum} captures`;
}

async function suspectsPart({ mesh }: Stage): Promise<string> {
  const suspects = await suspectsOf(mesh);
  if (suspects.length === 0) return 'no suspects';
  return `suspects: ${suspects.map(({ node, kind }) => `${node} ${kind}`).join(', ')}`;
}

async function alertsPart({ monitoring }: Stage): Promise<string> {
  const firing = (await monitoring.alerts()).filter(({ state }) => state === 'firing');
  const names = new Set(firing.map(({ labels }) => labels['alertname'] ?? ''));
  return names.size === 0 ? 'no alerts' : `alerts: ${[...names].join(', ')}`;
}

/** One that does not answer now is no reason to say nothing of the others. */
async function orUnknown(what: string, part: Promise<string>): Promise<string> {
  return part.catch(() => `${what} not known`);
}
