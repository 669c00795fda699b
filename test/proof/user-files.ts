/** What a user takes from `alerts/`, made ready for the proof: rule files as they are, Alertmanager's with a receiver. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { alertsFolder, yamlFiles } from '../alerts/rule-files.ts';

const example = join(alertsFolder, 'alertmanager-example.yaml');

/** Those in `alerts/` that hold rules. */
export function ruleFiles(): readonly string[] {
  return yamlFiles(alertsFolder).filter((path) => {
    const content = parse(readFileSync(path, 'utf8')) as { groups?: unknown };
    return content.groups !== undefined;
  });
}

interface Route {
  readonly group_wait?: string;
  readonly group_interval?: string;
  readonly routes?: readonly Route[];
}

interface AlertmanagerFile {
  readonly route: Route;
  readonly receivers: readonly { readonly webhook_configs?: readonly { readonly url: string }[] }[];
}

/** The example, with its webhooks led to `url` and its patience cut short, so that the proof does not wait for company. */
export function alertmanagerConfiguration(url: string): string {
  const file = parse(readFileSync(example, 'utf8')) as AlertmanagerFile;
  const receivers = file.receivers.map((receiver) => ({
    ...receiver,
    webhook_configs: (receiver.webhook_configs ?? []).map((webhook) => ({ ...webhook, url })),
  }));
  return stringify({ ...file, route: hurried(file.route), receivers });
}

function hurried(route: Route): Route {
  return {
    ...route,
    group_wait: '1s',
    group_interval: '3s',
    ...(route.routes !== undefined && { routes: route.routes.map(hurried) }),
  };
}
