/** How each culprit is shown: how it strikes, and with which settings of the proxy that takes seconds, not minutes. */
import type { CulpritOptions } from '../../culprits/culprit.ts';

export interface Scene {
  readonly culprit: string;
  /** `once`: one request blocks for long; `steadily`: many requests a second do a little damage each. */
  readonly strikes: 'once' | 'steadily';
  readonly options: CulpritOptions;
  /** Strikes in a second. */
  readonly rate: number;
}

const stall = { strikes: 'once', options: { blockMs: 1500 }, rate: 0 } as const;

function storm(blockMs: number): Omit<Scene, 'culprit'> {
  return { strikes: 'steadily', options: { blockMs }, rate: 20 };
}

function leak(leakBytes: number, rate = 20): Omit<Scene, 'culprit'> {
  return { strikes: 'steadily', options: { leakBytes }, rate };
}

export const scenes: readonly Scene[] = [
  { culprit: 'tight-loop', ...stall },
  { culprit: 'regular-expression', ...stall },
  { culprit: 'json', ...stall },
  { culprit: 'synchronous-crypto', ...stall },
  { culprit: 'synchronous-file', ...stall },
  { culprit: 'timer-storm', ...storm(15) },
  { culprit: 'promise-storm', ...storm(15) },
  { culprit: 'socket-leak', ...leak(0, 60) },
  { culprit: 'listener-leak', ...leak(128 * 1024) },
  { culprit: 'buffer-leak', ...leak(1024 * 1024) },
  { culprit: 'growing-map', ...leak(128 * 1024) },
  { culprit: 'closure-leak', ...leak(128 * 1024) },
];

export interface ScenePorts {
  readonly listener: number;
  readonly admin: number;
  readonly application: number;
}

/** Twice a second instead of every five: an average of ten readings then takes five seconds instead of fifty. */
export function sceneConfiguration(
  scene: Scene,
  ports: ScenePorts,
  directory: string,
  filter: string,
): string {
  const options = JSON.stringify({ culprit: scene.culprit, ...scene.options });
  return `node: { id: demo, service: demo, version: 1.0.0 }
admin: { address: 127.0.0.1:${ports.admin} }
log: { format: text, level: warn }
data_threads: 2
thread_heap: 256MiB
listeners:
  - name: inbound
    address: 127.0.0.1:${ports.listener}
    role: inbound
    protocol: http
    routes: [{ match: { prefix: / }, cluster: app }]
    filters: [{ name: culprit, module: ${JSON.stringify(filter)}, options: ${options} }]
clusters:
  - name: app
    endpoints: [127.0.0.1:${ports.application}]
holmes:
  directory: ${JSON.stringify(directory)}
  interval: 500ms
  recorder: { window: 3s, before: 3s, after: 2s, arm: 2s }
`;
}
