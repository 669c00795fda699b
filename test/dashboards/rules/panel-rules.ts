/** Rules on panels: what is said of them, in which unit, where they stand and where they lead. */
import * as units from '@grafana/grafana-foundation-sdk/units';
import {
  annotationsOf,
  type DataLink,
  nameOf,
  type Panel,
  panelsOf,
  variablesOf,
} from '../dashboard-file.ts';
import { ofEachPanel, type Rule, type Surroundings } from './rule.ts';

const chosenSource = '${datasource}';
const columns = 24;
const knownUnits: ReadonlySet<unknown> = new Set(Object.values(units));

const titleAndDescription = ofEachPanel(
  'panel-title-description-rule',
  ({ title = '', description = '' }) => [
    ...(title === '' ? ['it has no title'] : []),
    ...(/^[A-Z].*\.$/s.test(description) ? [] : ['it has no description of whole sentences']),
  ],
);

const unit = ofEachPanel('panel-units-rule', (panel) =>
  unitsOf(panel)
    .filter((one) => !knownUnits.has(one))
    .map((one) => `there is no unit "${one}"`),
);

function unitsOf({ fieldConfig }: Panel): string[] {
  const overridden = (fieldConfig?.overrides ?? [])
    .flatMap(({ properties }) => properties)
    .filter(({ id }) => id === 'unit')
    .map(({ value }) => String(value));
  return [fieldConfig?.defaults?.unit ?? '', ...overridden];
}

const noTargets = ofEachPanel('panel-no-targets-rule', ({ targets = [] }) =>
  targets.length === 0 ? ['it asks nothing'] : [],
);

const datasource: Rule = {
  name: 'panel-datasource-rule',
  check: (dashboard) => {
    const all = [
      ...panelsOf(dashboard).flatMap((panel) => [
        { where: nameOf(panel), source: panel.datasource },
        ...(panel.targets ?? []).map((target) => ({
          where: `${nameOf(panel)} ${target.refId}`,
          source: target.datasource,
        })),
      ]),
      ...annotationsOf(dashboard).map(({ name, datasource: source }) => ({
        where: `annotation ${name}`,
        source,
      })),
    ];
    return all
      .filter(({ source }) => source?.uid !== chosenSource || source.type !== 'prometheus')
      .map(({ where, source }) => `${where} asks ${JSON.stringify(source)}`);
  },
};

const identity: Rule = {
  name: 'panel-identity-rule',
  check: ({ panels = [] }) => [
    ...repeated(panels.map(({ id }) => (id === undefined ? 'none' : String(id)))).map(
      (id) => `several panels have the id ${id}`,
    ),
    ...panels.filter(({ id }) => id === undefined || id < 1).map(({ title }) => `${title} has no id`),
    ...panels.flatMap((panel) => [
      ...repeated((panel.targets ?? []).map(({ refId = 'none' }) => refId)).map(
        (refId) => `${nameOf(panel)} has several queries ${refId}`,
      ),
      ...(panel.targets ?? [])
        .filter(({ refId }) => refId === undefined)
        .map(() => `${nameOf(panel)} has a query without a name`),
    ]),
  ],
};

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

/** Nothing lies on something else or beyond the edge, and nothing is too small to be read. */
const layout: Rule = {
  name: 'panel-layout-rule',
  check: ({ panels = [] }) => [
    ...panels.flatMap((panel) => misplaced(panel)),
    ...panels.flatMap((panel, index) =>
      panels
        .slice(index + 1)
        .filter((other) => overlap(panel, other))
        .map((other) => `${nameOf(panel)} lies on ${nameOf(other)}`),
    ),
  ],
};

const smallest: Readonly<Record<string, number>> = { row: 1, stat: 4, table: 6 };

function misplaced(panel: Panel): string[] {
  if (panel.gridPos === undefined) return [`${nameOf(panel)} has no place`];
  const { x, y, w, h } = panel.gridPos;
  return [
    ...(x >= 0 && y >= 0 && w >= 3 && x + w <= columns ? [] : [`${nameOf(panel)} is beyond the edge`]),
    ...(h >= (smallest[panel.type] ?? 6) ? [] : [`${nameOf(panel)} is only ${h} high`]),
  ];
}

function overlap({ gridPos: one }: Panel, { gridPos: other }: Panel): boolean {
  if (one === undefined || other === undefined) return false;
  return (
    one.x < other.x + other.w &&
    other.x < one.x + one.w &&
    one.y < other.y + other.h &&
    other.y < one.y + one.h
  );
}

/** The first thing that one sees are single figures that tell whether something is wrong. */
const figuresFirst: Rule = {
  name: 'figures-first-rule',
  check: ({ panels = [] }) => {
    const top = panels.filter(({ gridPos }) => gridPos?.y === 0);
    return top.length > 0 && top.every(({ type }) => type === 'stat')
      ? []
      : ['the top row is not one of figures'];
  },
};

/** Links lead to dashboards that are there, with variables that they have, and take cells that the row has. */
const links: Rule = {
  name: 'links-rule',
  check: (dashboard, surroundings) =>
    panelsOf(dashboard).flatMap((panel) =>
      linksOf(panel).flatMap((link) =>
        brokenLink(link, panel, surroundings).map((problem) => `${nameOf(panel)}: ${problem}`),
      ),
    ),
};

function linksOf({ fieldConfig }: Panel): readonly DataLink[] {
  const overridden = (fieldConfig?.overrides ?? [])
    .flatMap(({ properties }) => properties)
    .filter(({ id }) => id === 'links')
    .flatMap(({ value }) => value as readonly DataLink[]);
  return [...(fieldConfig?.defaults?.links ?? []), ...overridden];
}

function brokenLink(
  { title = '', url = '' }: DataLink,
  panel: Panel,
  { dashboards }: Surroundings,
): string[] {
  const problems = title === '' ? [`the link to ${url} has no title`] : [];
  const fields = columnsOf(panel);
  for (const [, field = ''] of url.matchAll(/\$\{__data\.fields\.(\w+)\}/g))
    if (!fields.includes(field)) problems.push(`${title} takes ${field}, which is no column`);
  const [, uid] = /^\/d\/([\w-]+)/.exec(url) ?? [];
  if (uid === undefined) return problems;
  const other = dashboards.get(uid);
  if (other === undefined) return [...problems, `${title} leads to ${uid}, which is not there`];
  const known = variablesOf(other).map(({ name }) => name);
  for (const [, name = ''] of url.matchAll(/[?&]var-(\w+)=/g))
    if (!known.includes(name)) problems.push(`${title} chooses ${name}, which ${uid} has not`);
  return problems;
}

/** Names of the labels and values that a table shows. */
export function columnsOf({ transformations = [] }: Panel): readonly string[] {
  const chosen = transformations.find(({ id }) => id === 'filterFieldsByName')?.options as
    | { readonly include?: { readonly names?: readonly string[] } }
    | undefined;
  return chosen?.include?.names ?? [];
}

export const panelRules: readonly Rule[] = [
  titleAndDescription,
  unit,
  noTargets,
  datasource,
  identity,
  layout,
  figuresFirst,
  links,
];
