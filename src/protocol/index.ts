export type { HeadView, RequestHead, ResponseHead } from './head.ts';
export type { HeadEdit } from './head-edit.ts';
export {
  Field,
  fieldBit,
  HeadError,
  type HeadLimits,
  HeadParser,
  Http1Downstream,
  type Http1DownstreamOptions,
  Http1Head,
  Http1Upstream,
  type Http1UpstreamOptions,
  Method,
  methodNames,
  ParseStatus,
  type RefusalText,
  refusals,
  type UpstreamOwner,
} from './http1/index.ts';
export { ResetReason } from './reset-reason.ts';
export {
  DownstreamReset,
  type RequestSink,
  type RequestStream,
  type ResponseSink,
  type ResponseStream,
} from './stream.ts';
