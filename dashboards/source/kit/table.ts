/**
 * A table of what several queries say at this moment, joined by the labels that they share. Only the named columns are
 * shown: a label that a scrape configuration adds does not widen it.
 */
import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import type { DataTransformerConfig, DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import {
  describePanel,
  type Link,
  mapping,
  type Meanings,
  type PanelDraft,
  type PanelText,
  type Query,
} from './panel.ts';

export interface Column {
  /** A label, or the value of a query: `Value` when there is one query, else `Value #A` and so on. */
  readonly field: string;
  readonly title: string;
  readonly unit?: string;
  readonly decimals?: number;
  readonly meanings?: Meanings;
  /** `${__data.fields.label}` is a cell of the same row. */
  readonly links?: readonly Link[];
}

export interface TableOptions extends Omit<PanelText, 'queries'> {
  readonly queries: readonly Omit<Query, 'legend' | 'line'>[];
  readonly columns: readonly Column[];
  readonly sortBy: { readonly title: string; readonly descending: boolean };
}

export function table(options: TableOptions): PanelDraft {
  const { queries, columns, sortBy } = options;
  const builder = new PanelBuilder()
    .showHeader(true)
    .filterable(true)
    .transformations(arrangement(columns, queries.length > 1))
    .sortBy([new TableSortByFieldStateBuilder().displayName(sortBy.title).desc(sortBy.descending)]);
  describePanel(builder, { ...options, queries: queries.map(({ expr }) => ({ expr, legend: '' })) }, 'table');
  for (const column of columns) {
    const properties = propertiesOf(column);
    if (properties.length > 0) builder.overrideByName(column.title, properties);
  }
  return builder;
}

function arrangement(columns: readonly Column[], joined: boolean): DataTransformerConfig[] {
  const names = columns.map(({ field }) => field);
  const choose = { id: 'filterFieldsByName', options: { include: { names } } };
  const arrange = {
    id: 'organize',
    options: {
      indexByName: Object.fromEntries(names.map((name, index) => [name, index])),
      renameByName: Object.fromEntries(columns.map(({ field, title }) => [field, title])),
    },
  };
  return joined ? [{ id: 'merge', options: {} }, choose, arrange] : [choose, arrange];
}

function propertiesOf({ unit, decimals, meanings, links }: Column): DynamicConfigValue[] {
  const properties: DynamicConfigValue[] = [];
  if (unit !== undefined) properties.push({ id: 'unit', value: unit });
  if (decimals !== undefined) properties.push({ id: 'decimals', value: decimals });
  if (meanings !== undefined)
    properties.push(
      { id: 'mappings', value: [mapping(meanings)] },
      { id: 'custom.cellOptions', value: { type: 'color-text' } },
    );
  if (links !== undefined)
    properties.push({
      id: 'links',
      value: links.map(({ title, url }) => ({ title, url, targetBlank: true })),
    });
  return properties;
}
