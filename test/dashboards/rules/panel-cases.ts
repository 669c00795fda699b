/** Dashboards that break the rules on panels. */
import { type Broken, type Case, panel } from './case.ts';

/** The first link of the first table that has one. */
function relink(dashboard: Broken, url: string): void {
  const links = dashboard.panels
    .filter(({ type }) => type === 'table')
    .flatMap(({ fieldConfig }) => fieldConfig.overrides)
    .flatMap(({ properties }) => properties)
    .find(({ id }) => id === 'links');
  (links!.value as { url: string }[])[0]!.url = url;
}

export const panelCases: readonly Case[] = [
  {
    rule: 'panel-title-description-rule',
    what: 'a panel has no title',
    break: (dashboard) => (panel(dashboard, 'stat').title = ''),
    tells: /no title/,
  },
  {
    rule: 'panel-title-description-rule',
    what: 'a panel has no description',
    break: (dashboard) => (panel(dashboard, 'table').description = ''),
    tells: /no description/,
  },
  {
    rule: 'panel-units-rule',
    what: 'a panel has no unit',
    break: (dashboard) => (panel(dashboard, 'timeseries').fieldConfig.defaults.unit = ''),
    tells: /no unit ""/,
  },
  {
    rule: 'panel-units-rule',
    what: 'a column has a unit that Grafana does not know',
    break: (dashboard) =>
      panel(dashboard, 'table').fieldConfig.overrides.push({
        matcher: { id: 'byName', options: 'success' },
        properties: [{ id: 'unit', value: 'seconds' }],
      }),
    tells: /"seconds"/,
  },
  {
    rule: 'panel-no-targets-rule',
    what: 'a panel asks nothing',
    break: (dashboard) => (panel(dashboard, 'timeseries').targets = []),
    tells: /asks nothing/,
  },
  {
    rule: 'panel-datasource-rule',
    what: 'a panel asks one data source, whatever is chosen',
    break: (dashboard) => (panel(dashboard, 'timeseries').datasource.uid = 'P1809F7CD0C75ACF3'),
    tells: /P1809F7CD0C75ACF3/,
  },
  {
    rule: 'panel-datasource-rule',
    what: 'an annotation does',
    break: (dashboard) => (dashboard.annotations.list[0]!.datasource.uid = 'prometheus'),
    tells: /^annotation/,
  },
  {
    rule: 'panel-identity-rule',
    what: 'two panels have one id',
    break: (dashboard) => (dashboard.panels[3]!.id = dashboard.panels[2]!.id),
    tells: /several panels have the id 3/,
  },
  {
    rule: 'panel-identity-rule',
    what: 'two queries have one name',
    break: (dashboard) => (panel(dashboard, 'table').targets[1]!.refId = 'A'),
    tells: /several queries A/,
  },
  {
    rule: 'panel-layout-rule',
    what: 'a panel lies on another',
    break: (dashboard) => (dashboard.panels[1]!.gridPos.x -= 1),
    tells: /lies on/,
  },
  {
    rule: 'panel-layout-rule',
    what: 'a panel is beyond the edge',
    break: (dashboard) => (dashboard.panels[7]!.gridPos.w += 1),
    tells: /edge/,
  },
  {
    rule: 'panel-layout-rule',
    what: 'a panel is too low to be read',
    break: (dashboard) => (panel(dashboard, 'timeseries').gridPos.h = 2),
    tells: /only 2 high/,
  },
  {
    rule: 'figures-first-rule',
    what: 'lines stand at the top',
    break: (dashboard) => (dashboard.panels[0]!.type = 'timeseries'),
    tells: /top row/,
  },
  {
    rule: 'links-rule',
    what: 'a cell leads to a dashboard that is not there',
    break: (dashboard) => relink(dashboard, '/d/meshlock-nodes?var-job=a'),
    tells: /leads to meshlock-nodes/,
  },
  {
    rule: 'links-rule',
    what: 'a link chooses what the other dashboard has not',
    break: (dashboard) => relink(dashboard, '/d/meshlock-node?var-host=a'),
    tells: /chooses host/,
  },
  {
    rule: 'links-rule',
    what: 'a link takes a cell that the row has not',
    break: (dashboard) => relink(dashboard, 'http://${__data.fields.host}/'),
    tells: /takes host/,
  },
];
