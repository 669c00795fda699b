/** Dashboards that break the rules on what surrounds the panels. */
import { type Case, variable } from './case.ts';

export const frameCases: readonly Case[] = [
  {
    rule: 'template-datasource-rule',
    what: 'there is no data source to choose',
    break: (dashboard) => dashboard.templating.list.shift(),
    tells: /0 variables/,
  },
  {
    rule: 'template-datasource-rule',
    what: 'it has another name',
    break: (dashboard) => (variable(dashboard, 'datasource').name = 'source'),
    tells: /called source/,
  },
  {
    rule: 'template-job-rule',
    what: 'there is no job to choose',
    break: (dashboard) => (variable(dashboard, 'job').name = 'task'),
    tells: /no variable job/,
  },
  {
    rule: 'template-job-rule',
    what: 'it asks a data source that is not the chosen one',
    break: (dashboard) => (variable(dashboard, 'job').datasource.uid = 'prometheus'),
    tells: /asks prometheus/,
  },
  {
    rule: 'template-instance-rule',
    what: 'only one can be chosen',
    break: (dashboard) => (variable(dashboard, 'instance').multi = false),
    tells: /one value only/,
  },
  {
    rule: 'template-instance-rule',
    what: 'all of them are a list',
    break: (dashboard) => (variable(dashboard, 'instance').allValue = '.*'),
    tells: /all of instance/,
  },
  {
    rule: 'template-required-variables-rule',
    what: 'there is no service to choose',
    break: (dashboard) => (variable(dashboard, 'service').name = 'application'),
    tells: /application is labelled Service/,
  },
  {
    rule: 'template-label-promql-rule',
    what: 'a variable asks for no values of a label',
    break: (dashboard) => (variable(dashboard, 'job').query = 'metrics(meshlock_.+)'),
    tells: /not label_values/,
  },
  {
    rule: 'template-label-promql-rule',
    what: 'a variable asks for a label that the metric has not',
    break: (dashboard) =>
      (variable(dashboard, 'service').query = 'label_values(meshlock_node_info, service)'),
    tells: /no label service/,
  },
  {
    rule: 'template-label-promql-rule',
    what: 'a variable asks for a metric that is not there',
    break: (dashboard) => (variable(dashboard, 'job').query = 'label_values(meshlock_nodes, job)'),
    tells: /no metric meshlock_nodes/,
  },
  {
    rule: 'template-on-time-change-reload-rule',
    what: 'a variable is asked for once only',
    break: (dashboard) => (variable(dashboard, 'job').refresh = 1),
    tells: /^job is not asked/,
  },
  {
    rule: 'template-unused-rule',
    what: 'nothing follows a variable',
    break: (dashboard) => dashboard.templating.list.push({ ...variable(dashboard, 'job'), name: 'region' }),
    tells: /follows region/,
  },
  {
    rule: 'uneditable-dashboard-rule',
    what: 'it can be edited',
    break: (dashboard) => (dashboard.editable = true),
    tells: /edited/,
  },
  {
    rule: 'frame-rule',
    what: 'it has not the tag',
    break: (dashboard) => (dashboard.tags = []),
    tells: /tag/,
  },
  {
    rule: 'frame-rule',
    what: 'it does not lead to the others',
    break: (dashboard) => (dashboard.links[0]!.includeVars = false),
    tells: /others/,
  },
];
