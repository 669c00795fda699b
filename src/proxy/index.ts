export { AccessLog, type AccessLogTarget } from './access-log.ts';
export type { ProxyCluster, ProxyContext } from './context.ts';
export type { ExchangeTracer } from './exchange-trace.ts';
export { type HttpConnectionOptions, openHttpConnection } from './http-connection.ts';
export type { TcpOutcome } from './tcp-outcome.ts';
export { type TcpContext, TcpSession } from './tcp-session.ts';
