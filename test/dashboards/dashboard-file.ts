/** A dashboard as it stands in its file, and what the rules look at in it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../build/executable.ts';

export const dashboardFolder: string = join(repositoryRoot, 'dashboards');

export interface Source {
  readonly type?: string;
  readonly uid?: string;
}

export interface Target {
  readonly refId?: string;
  readonly expr?: string;
  readonly legendFormat?: string;
  readonly format?: string;
  readonly datasource?: Source;
}

export interface DataLink {
  readonly title?: string;
  readonly url?: string;
}

export interface Override {
  readonly matcher: { readonly id: string; readonly options?: unknown };
  readonly properties: readonly { readonly id: string; readonly value?: unknown }[];
}

export interface Panel {
  readonly id?: number;
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly datasource?: Source;
  readonly targets?: readonly Target[];
  readonly gridPos?: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: {
    readonly defaults?: { readonly unit?: string; readonly links?: readonly DataLink[] };
    readonly overrides?: readonly Override[];
  };
  readonly transformations?: readonly { readonly id: string; readonly options?: unknown }[];
}

export interface Variable {
  readonly name: string;
  readonly label?: string;
  readonly type: string;
  readonly query?: string | { readonly query?: string };
  readonly datasource?: Source;
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string;
  readonly refresh?: number;
}

export interface Annotation {
  readonly name: string;
  readonly expr?: string;
  readonly datasource?: Source;
}

export interface DashboardFile {
  readonly uid?: string;
  readonly title?: string;
  readonly description?: string;
  readonly editable?: boolean;
  readonly schemaVersion?: number;
  readonly refresh?: string;
  readonly tags?: readonly string[];
  readonly time?: { readonly from?: string; readonly to?: string };
  readonly links?: readonly {
    readonly type?: string;
    readonly tags?: readonly string[];
    readonly includeVars?: boolean;
    readonly keepTime?: boolean;
  }[];
  readonly templating?: { readonly list?: readonly Variable[] };
  readonly annotations?: { readonly list?: readonly Annotation[] };
  readonly panels?: readonly Panel[];
}

/** Every committed dashboard by the name of its file. */
export function committedDashboards(): ReadonlyMap<string, DashboardFile> {
  const files = readdirSync(dashboardFolder).filter((name) => name.endsWith('.json'));
  return new Map(
    files.map((name) => [
      name.slice(0, -'.json'.length),
      JSON.parse(readFileSync(join(dashboardFolder, name), 'utf8')) as DashboardFile,
    ]),
  );
}

export function variablesOf(dashboard: DashboardFile): readonly Variable[] {
  return dashboard.templating?.list ?? [];
}

export function annotationsOf(dashboard: DashboardFile): readonly Annotation[] {
  return dashboard.annotations?.list ?? [];
}

/** Without the headings of sections. */
export function panelsOf(dashboard: DashboardFile): readonly Panel[] {
  return (dashboard.panels ?? []).filter(({ type }) => type !== 'row');
}

export function nameOf(panel: Panel): string {
  return `panel ${panel.id} "${panel.title ?? ''}"`;
}
