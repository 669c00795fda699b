export {
  type ByteMeter,
  CloseReason,
  Connection,
  type ConnectionHandler,
  type ConnectionOrigin,
} from './connection.ts';
export type { NetContext } from './context.ts';
export { type DialOptions, dial } from './dial.ts';
export { Listener, type ListenerOptions } from './listener.ts';
export { Outbox } from './outbox.ts';
export {
  formatProxyHeader,
  parseProxyHeader,
  type ProxyHeader,
  ProxyProtocolReader,
} from './proxy-protocol.ts';
