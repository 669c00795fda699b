/** Which alerts the planted faults have to raise, and which they may: whatever else comes is a false alarm. */
import { badVersion, losingNode, refusingNode, stuckNode } from './planted-mesh.ts';

export interface PlantedAlert {
  readonly name: string;
  /** Which fault it tells of. */
  readonly fault: string;
  /** Labels that it has; `instance` is the name of the target. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Each of them reaches the receiver. */
export const wantedAlerts: readonly PlantedAlert[] = [
  {
    name: 'MeshlockCaptureTaken',
    fault: 'a loop holds a thread up',
    labels: { instance: stuckNode, subject: 'data-1', rule: 'stall', kind: 'cpu' },
  },
  {
    name: 'MeshlockThreadStalled',
    fault: 'a loop holds a thread up',
    labels: { instance: stuckNode, thread: '1' },
  },
  { name: 'MeshlockReleaseFailed', fault: 'a version fails', labels: badVersion },
  {
    name: 'MeshlockConfigurationRefused',
    fault: 'a configuration makes no sense',
    labels: { instance: refusingNode },
  },
  {
    name: 'MeshlockClusterWithoutEndpoints',
    fault: 'the only endpoint of a cluster is gone',
    labels: { instance: 'gateway-1', cluster: 'dying' },
  },
  {
    name: 'MeshlockSuspectNamed',
    fault: 'a node loses calls',
    labels: { node: losingNode, module: 'inbound_downstream' },
  },
];

/** What the same faults, or a machine that has no time for all of it, may raise besides. */
export const allowedAlerts: readonly PlantedAlert[] = [
  {
    name: 'MeshlockCaptureTaken',
    fault: 'the time and garbage of the same thread',
    labels: { instance: stuckNode },
  },
  {
    name: 'MeshlockSuspectNamed',
    fault: 'on a slow machine the loop is so long that callers give up',
    labels: { node: stuckNode },
  },
  {
    name: 'MeshlockThreadStalled',
    fault: 'a thread had no core between two scrapes, which are only a second apart here',
    labels: {},
  },
  {
    name: 'MeshlockSuspectNamed',
    fault: 'the applications of the version that fails',
    labels: { service: badVersion.service, version: badVersion.version, module: 'application' },
  },
];

type Labels = Readonly<Record<string, string>>;

export function isOf({ name, labels }: PlantedAlert, alert: { readonly labels: Labels }): boolean {
  return alert.labels['alertname'] === name && hasLabels(alert, labels);
}

/** It may have others besides. */
export function hasLabels(of: { readonly labels: Labels }, wanted: Labels): boolean {
  return Object.entries(wanted).every(([label, value]) => of.labels[label] === value);
}
