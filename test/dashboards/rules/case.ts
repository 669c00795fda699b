/** A way to break a dashboard that is well, and what the rule against it says then. */
import type { DashboardFile } from '../dashboard-file.ts';

type Writable<T> = T extends readonly (infer Item)[]
  ? Writable<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]-?: Writable<NonNullable<T[Key]>> }
    : T;
export type Broken = Writable<DashboardFile>;
export type BrokenPanel = Broken['panels'][number];

export interface Case {
  readonly rule: string;
  readonly what: string;
  readonly break: (dashboard: Broken) => void;
  /** In the first problem. */
  readonly tells: RegExp;
}

export const variable = (dashboard: Broken, name: string): Broken['templating']['list'][number] =>
  dashboard.templating.list.find((one) => one.name === name)!;

/** The first panel of a kind. */
export const panel = (dashboard: Broken, type: string): BrokenPanel =>
  dashboard.panels.find((one) => one.type === type)!;
