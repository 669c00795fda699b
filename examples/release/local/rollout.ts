/**
 * The mesh to which a release is rolled out: callers behind two nodes of `web`, and four nodes of `cart`, two of which
 * run the new version, as it is when half of the calls go to it.
 */
import { join } from 'node:path';
import { type MeshPlan, type NodePlan, wellApplication } from '../../mesh/plan.ts';

export interface Fault {
  /** Which part of the new version fails calls: its application, or its node before the application. */
  readonly where: 'application' | 'node' | 'nowhere';
  /** 0 to 1. */
  readonly share: number;
}

export const newVersion = '1.1.0';
const oldVersion = '1.0.0';
/** Calls a second of each of the two callers. */
const rate = 30;

const faultFilter = join(import.meta.dirname, '..', '..', 'mesh', 'fault-filter.ts');

export function faultPlan(fault: Fault, release: string): MeshPlan {
  const old = ['cart-1', 'cart-2'].map((name) => cart(name, oldVersion, 'before'));
  const fresh = ['cart-3', 'cart-4'].map((name) => broken(cart(name, newVersion, release), fault));
  const to = [...old, ...fresh].map(({ name }) => name);
  const callers = ['web-1', 'web-2'].map((name): NodePlan => {
    const who = { name, service: 'web', version: '7', release: 'before' };
    return { ...who, role: 'outbound', to, application: wellApplication };
  });
  return {
    nodes: [...old, ...fresh, ...callers],
    rate,
    aggregatorSettings: 'verdict: { step: 10s }\n',
    output: 'inherit',
  };
}

function cart(name: string, version: string, release: string): NodePlan {
  return { name, service: 'cart', version, release, role: 'inbound', application: wellApplication };
}

function broken(node: NodePlan, { where, share }: Fault): NodePlan {
  if (where === 'application') return { ...node, application: { ...wellApplication, failing: share } };
  if (where === 'nowhere') return node;
  const options = `options: { share: ${share} }`;
  return { ...node, filters: `[{ name: faulty, module: ${JSON.stringify(faultFilter)}, ${options} }]` };
}
