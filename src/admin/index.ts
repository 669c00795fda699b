export type { AdminLog } from './dispatcher.ts';
export { type AdminReply, answer, refuse, text } from './reply.ts';
export type { AdminParameter, AdminRequest, AdminRoute } from './route.ts';
export { AdminServer, type AdminServerOptions } from './server.ts';
export type {
  AdminSource,
  CertificateStatus,
  ClusterStatus,
  ComponentReadiness,
  ConfigDump,
  DrainOptions,
  EndpointStatus,
  ListenerStatus,
  LogLevels,
  MachineInfo,
  MemoryStatus,
  MetricsText,
  Readiness,
  ReloadResult,
  ServerInfo,
  ServerState,
  Stat,
  ThreadReplacement,
  ThreadStatus,
} from './source.ts';
