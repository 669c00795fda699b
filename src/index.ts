/** The library door, `meshlock`: the configuration model as types, and the error that configuration and control throw. */
export { type ErrorCode, formatProblem, MeshlockError, type Problem } from './base/index.ts';
export type {
  ClusterConfig,
  Config,
  EndpointConfig,
  ListenerConfig,
  RouteConfig,
  VirtualHostConfig,
} from './config/index.ts';
