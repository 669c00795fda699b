export { Http1Downstream, type Http1DownstreamOptions, type RefusalText } from './downstream.ts';
export { Field, fieldBit } from './field.ts';
export { Http1Head, Method, methodNames } from './head.ts';
export { HeadError, refusals } from './head-error.ts';
export { type HeadLimits, HeadParser, ParseStatus } from './head-parser.ts';
export { Http1Upstream, type Http1UpstreamOptions, type UpstreamOwner } from './upstream.ts';
