/** What Grafana reads beside the dashboards, and what is said of them to people. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { committedDashboards, dashboardFolder } from './dashboard-file.ts';

interface Provisioning {
  readonly apiVersion: number;
  readonly datasources?: readonly Readonly<Record<string, unknown>>[];
  readonly providers?: readonly Readonly<Record<string, unknown>>[];
}

function provisioning(path: string): Provisioning {
  return parse(readFileSync(join(dashboardFolder, 'provisioning', path), 'utf8')) as Provisioning;
}

describe('the provisioning files', () => {
  test('name one data source, of the type that the dashboards ask for', () => {
    const { apiVersion, datasources = [] } = provisioning('datasources/prometheus.yaml');
    expect(apiVersion).toBe(1);
    expect(datasources).toHaveLength(1);
    expect(datasources[0]).toMatchObject({ type: 'prometheus', access: 'proxy', editable: false });
    expect(String(datasources[0]?.['url'])).toMatch(/^http:\/\//);
  });

  test('load the dashboards from files and let nobody edit them', () => {
    const { apiVersion, providers = [] } = provisioning('dashboards/meshlock.yaml');
    expect(apiVersion).toBe(1);
    expect(providers).toHaveLength(1);
    expect(providers[0]).toMatchObject({ type: 'file', folder: 'Meshlock', allowUiUpdates: false });
  });
});

describe('the page about the dashboards', () => {
  const page = readFileSync(join(dashboardFolder, 'README.md'), 'utf8');

  test('has a row for each dashboard, and for none that is not there', () => {
    const rows = [...page.matchAll(/^\| \[([\w-]+)\.json\]\(\1\.json\)/gm)].map(([, name]) => name ?? '');
    expect(rows.sort()).toEqual([...committedDashboards().keys()].sort());
  });

  test('copies the files that are there to the folder that the provider reads', () => {
    const { providers = [] } = provisioning('dashboards/meshlock.yaml');
    const options = providers[0]?.['options'] as { readonly path: string } | undefined;
    expect(page).toContain(`cp dashboards/*.json ${options?.path}/`);
    for (const [file] of page.matchAll(/(?<=cp dashboards\/)provisioning\/\S+/g))
      expect(readFileSync(join(dashboardFolder, file), 'utf8')).not.toBe('');
  });
});
