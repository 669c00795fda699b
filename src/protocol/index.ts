export type { HeadView, RequestHead, ResponseHead } from './head.ts';
export { ResetReason } from './reset-reason.ts';
