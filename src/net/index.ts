export {
  type ByteMeter,
  CloseReason,
  Connection,
  type ConnectionHandler,
  type ConnectionOrigin,
} from './connection.ts';
export { type NetContext, netContext } from './context.ts';
export { type DialOptions, dial } from './dial.ts';
export { Listener, type ListenerOptions } from './listener.ts';
export {
  formatProxyHeader,
  parseProxyHeader,
  type ProxyHeader,
  ProxyProtocolReader,
} from './proxy-protocol.ts';
