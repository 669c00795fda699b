/**
 * The light door of this room: static health only. With the other door comes what an aggregator needs, and loading that
 * would make every start of a proxy longer by 80 ms of CPU.
 */
export {
  type ComponentReport,
  ComponentStatus,
  type ComponentView,
  type HealthSnapshot,
  type ItemReport,
  type Transition,
} from './component/component.ts';
export type { GateView, Override } from './component/gate.ts';
export { healthJson, type ServiceInfo } from './component/health-json.ts';
export { lineText, type Probe, verboseText } from './component/probe-text.ts';
export { HealthRegistry } from './component/registry.ts';
export { TrafficGate } from './component/traffic-gate.ts';
export type { HealthLog } from './log.ts';
