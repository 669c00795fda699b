/** What a watched program and the helper thread that watches it say to one another. Plain data both ways. */
import type { CaptureRecord } from '../capture/capture.ts';
import type { Joined } from '../agent/joined.ts';
import type { Settings } from '../settings.ts';

/** What can be asked of the monitor from the other side. */
export const Method = [
  'subjects',
  'rings',
  'comparisons',
  'decisions',
  'settings',
  'configure',
  'capture',
  'list',
  'get',
  'read',
  'delete',
  'figures',
] as const;
export type Method = (typeof Method)[number];

/** `workerData` of the helper thread. */
export interface HelperData {
  readonly joined: Joined;
  readonly settings: Settings;
  readonly directory: string;
  readonly program: { readonly name: string; readonly version: string; readonly configuration: string };
}

export type ToHelper =
  | { readonly kind: 'call'; readonly id: number; readonly method: Method; readonly args: readonly unknown[] }
  | { readonly kind: 'close' };

export type FromHelper =
  | { readonly kind: 'ready' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: PlainError }
  | { readonly kind: 'capture'; readonly record: CaptureRecord }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn';
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };

/** An error as it crosses: classes of our own lose themselves on the way. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly reason: unknown;
  readonly problems: unknown;
}
