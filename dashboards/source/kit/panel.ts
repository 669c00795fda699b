/** What all panels have in common: texts, the unit, and queries against the chosen data source with letters for names. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import {
  type DashboardLink,
  DashboardLinkBuilder,
  type GridPos,
  MappingType,
  type Panel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';

/** A panel that has no place yet. */
export interface PanelDraft extends Builder<Panel> {
  id(id: number): unknown;
  gridPos(place: GridPos): unknown;
}

export interface Query {
  readonly expr: string;
  /** Name of its series: `{{label}}` is the value of a label. */
  readonly legend: string;
  /** How a line is drawn that is not the figure itself but what it is compared with. */
  readonly line?: 'average' | 'limit';
}

export interface PanelText {
  readonly title: string;
  /** What it shows, and what is wrong when it looks wrong. */
  readonly description: string;
  /** Grafana's name of the unit: `s`, `bytes`, `reqps`, `percentunit`, `short`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Text instead of "No data", where none is good news or has a reason. */
  readonly noValue?: string;
}

/** A page that opens in a new tab. */
export interface Link {
  readonly title: string;
  readonly url: string;
}

/** From which value on a colour holds; `null`: from the start. */
export type Step = readonly [from: number | null, colour: string];

/** Text and colour of a value. */
export type Meanings = Readonly<Record<string, readonly [text: string, colour: string]>>;

export const dataSource: DataSourceRef = { type: 'prometheus', uid: '${datasource}' };

interface CommonBuilder {
  title(title: string): unknown;
  description(description: string): unknown;
  unit(unit: string): unknown;
  datasource(source: DataSourceRef): unknown;
  targets(targets: Builder<ReturnType<DataqueryBuilder['build']>>[]): unknown;
  noValue(text: string): unknown;
}

/** Fills in what every panel has. `format` is `table` for a table, which asks for one moment; all others ask for a range. */
export function describePanel(
  builder: CommonBuilder,
  text: PanelText,
  format: 'series' | 'table' = 'series',
): void {
  builder.title(text.title);
  builder.description(text.description);
  builder.unit(text.unit);
  builder.datasource(dataSource);
  builder.targets(text.queries.map((query, index) => target(query, refId(index), format)));
  if (text.noValue !== undefined) builder.noValue(text.noValue);
}

/** A to Z. */
export function refId(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

function target({ expr, legend }: Query, id: string, format: 'series' | 'table'): DataqueryBuilder {
  const query = new DataqueryBuilder().refId(id).datasource(dataSource).expr(expr).legendFormat(legend);
  return format === 'table'
    ? query.format(PromQueryFormat.Table).instant()
    : query.format(PromQueryFormat.TimeSeries).range();
}

export function thresholds(steps: readonly Step[]): ThresholdsConfigBuilder {
  const values = steps.map(([value, color]): Threshold => ({ value, color }));
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(values);
}

export function mapping(meanings: Meanings): ValueMapping {
  const entries = Object.entries(meanings).map(([value, [text, color]], index) => [
    value,
    { text, color, index },
  ]);
  return { type: MappingType.ValueToText, options: Object.fromEntries(entries) };
}

export function dataLinks(links: readonly Link[]): Builder<DashboardLink>[] {
  return links.map(({ title, url }) => new DashboardLinkBuilder(title).url(url).targetBlank(true));
}
