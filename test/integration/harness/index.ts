export { gateway, type GatewayKeys, type Keys, replies } from './gateway.ts';
export { header, headers, type Message } from './message.ts';
export { settle, until, within } from './patience.ts';
export { connectPeer, type Ending, Peer, rawRequest, type Request, type Response } from './peer.ts';
export { type EndpointVerdict, type ProxyOptions, startProxy, TestProxy } from './proxy.ts';
export {
  closedPort,
  type HttpUpstream,
  RawUpstream,
  startHttpUpstream,
  startRawUpstream,
} from './upstream.ts';
