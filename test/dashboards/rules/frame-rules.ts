/** Rules on what surrounds the panels: variables, links, and what is said of the whole. */
import { dashboardQueries } from '../../../dashboards/source/queries.ts';
import { type DashboardFile, type Variable, variablesOf } from '../dashboard-file.ts';
import { labelsOf } from '../promql/labels.ts';
import { asked, parsed, type Rule } from './rule.ts';

const chosenSource = '${datasource}';

const templateDatasource: Rule = {
  name: 'template-datasource-rule',
  check: (dashboard) => {
    const sources = variablesOf(dashboard).filter(({ type }) => type === 'datasource');
    const [source] = sources;
    if (sources.length !== 1 || source === undefined)
      return [`${sources.length} variables for a data source`];
    const { name, label, query } = source;
    return [
      ...(name === 'datasource' ? [] : [`the data source is called ${name}`]),
      ...(label === 'Data source' ? [] : [`the data source is labelled ${label}`]),
      ...(query === 'prometheus' ? [] : [`the data source is no Prometheus: ${JSON.stringify(query)}`]),
    ];
  },
};

function templateOf(name: string): Rule {
  return {
    name: `template-${name}-rule`,
    check: (dashboard) => {
      const variable = variablesOf(dashboard).find((one) => one.name === name);
      return variable === undefined ? [`there is no variable ${name}`] : faultsOf(variable);
    },
  };
}

function faultsOf({ name, label, type, datasource, multi, includeAll, allValue }: Variable): string[] {
  const expected = name.charAt(0).toUpperCase() + name.slice(1);
  return [
    ...(type === 'query' ? [] : [`${name} is a ${type} and no query`]),
    ...(datasource?.uid === chosenSource ? [] : [`${name} asks ${datasource?.uid}`]),
    ...(label === expected ? [] : [`${name} is labelled ${label}`]),
    ...(multi === true && includeAll === true ? [] : [`${name} takes one value only`]),
    ...(allValue === '.+' ? [] : [`all of ${name} is ${allValue}`]),
  ];
}

/** All variables that are queries are made alike, not only job and instance. */
const templateVariables: Rule = {
  name: 'template-required-variables-rule',
  check: (dashboard) => [
    ...variablesOf(dashboard)
      .filter(({ type }) => type === 'query')
      .flatMap(faultsOf),
    ...(variablesOf(dashboard).some(({ name }) => name === 'service')
      ? []
      : ['there is no variable service']),
  ],
};

const templateLabelPromql: Rule = {
  name: 'template-label-promql-rule',
  check: (dashboard, { metrics }) => {
    const problems: string[] = [];
    for (const { panel, expr } of variableQueries(dashboard, problems)) {
      try {
        labelsOf(parsed(dashboard, expr), {
          labelsOfMetric: (metric) => {
            const labels = metrics.get(metric)?.labels;
            if (labels === undefined) problems.push(`variable ${panel}: there is no metric ${metric}`);
            return labels ?? null;
          },
          report: (problem) => problems.push(`variable ${panel}: ${problem}`),
        });
      } catch (error) {
        problems.push(`variable ${panel}: ${String(error)}`);
      }
    }
    return problems;
  },
};

function variableQueries(
  dashboard: DashboardFile,
  problems: string[],
): readonly { panel: string; expr: string }[] {
  try {
    return dashboardQueries(dashboard).filter(({ kind }) => kind === 'variable');
  } catch (error) {
    problems.push(String(error));
    return [];
  }
}

const onTimeChange: Rule = {
  name: 'template-on-time-change-reload-rule',
  check: (dashboard) =>
    variablesOf(dashboard)
      .filter(({ type, refresh }) => type === 'query' && refresh !== 2)
      .map(({ name }) => `${name} is not asked for again when the range of time changes`),
};

const unused: Rule = {
  name: 'template-unused-rule',
  check: (dashboard) =>
    variablesOf(dashboard)
      .filter(({ name, type }) => {
        const use = new RegExp(`\\$${name}\\b|\\$\\{${name}[:}]`);
        return type === 'query' && !asked(dashboard).some(({ expr }) => use.test(expr));
      })
      .map(({ name }) => `nothing follows ${name}`),
};

const uneditable: Rule = {
  name: 'uneditable-dashboard-rule',
  check: ({ editable }) => (editable === false ? [] : ['it can be edited by hand']),
};

/** Our own: that it is found, and leads to the others. */
const frame: Rule = {
  name: 'frame-rule',
  check: ({ uid = '', title = '', description = '', refresh, tags, time, links, schemaVersion }) => [
    ...(/^meshlock-[a-z-]{1,31}$/.test(uid) ? [] : [`its uid is ${uid}`]),
    ...(title.startsWith('Meshlock / ') ? [] : [`its title is ${title}`]),
    ...(description.endsWith('.') ? [] : ['it has no description']),
    ...(schemaVersion !== undefined && schemaVersion >= 39 ? [] : [`its schema is ${schemaVersion}`]),
    ...(/^\d+[sm]$/.test(refresh ?? '') ? [] : [`it refreshes every ${refresh}`]),
    ...(tags?.includes('meshlock') === true ? [] : ['it has not the tag that the others link to']),
    ...(time?.from?.startsWith('now-') === true && time.to === 'now' ? [] : ['it has no range of time']),
    ...(links?.some(leadsToOthers) === true ? [] : ['it does not lead to the others']),
  ],
};

function leadsToOthers(link: NonNullable<DashboardFile['links']>[number]): boolean {
  return (
    link.type === 'dashboards' &&
    link.tags?.includes('meshlock') === true &&
    link.includeVars === true &&
    link.keepTime === true
  );
}

export const frameRules: readonly Rule[] = [
  templateDatasource,
  templateOf('job'),
  templateOf('instance'),
  templateVariables,
  templateLabelPromql,
  onTimeChange,
  unused,
  uneditable,
  frame,
];
