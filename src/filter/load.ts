/** Makes the filters of a listener: built-in ones from the table, a user's from the module that the configuration names. */
import { stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { MeshlockError, type Problem } from '../base/index.ts';
import type { FilterConfig } from '../config/index.ts';
import type { FilterDescriptor, StreamFilter } from './filter.ts';
import { builtInFilters } from './table.ts';

/** Rejects with `MODULE_INVALID` and one problem per filter that cannot be used. */
export async function createFilters(configs: readonly FilterConfig[]): Promise<readonly StreamFilter[]> {
  const filters: StreamFilter[] = [];
  const problems: Problem[] = [];
  for (const [index, config] of configs.entries()) {
    try {
      const descriptor = await findDescriptor(config);
      filters.push(descriptor.create(descriptor.parseConfig(config.options)));
    } catch (error) {
      const got = error instanceof Error ? error.message : String(error);
      problems.push({
        path: `filters[${index}] (${config.name})`,
        expected: 'a filter that can be created',
        got,
      });
    }
  }
  if (problems.length > 0) {
    throw new MeshlockError(
      'MODULE_INVALID',
      problems.map((problem) => `${problem.path}: ${problem.got}`).join('; '),
      problems,
    );
  }
  return filters;
}

async function findDescriptor(config: FilterConfig): Promise<FilterDescriptor> {
  if (config.module === null) {
    const descriptor = builtInFilters.find((candidate) => candidate.name === config.name);
    if (descriptor === undefined) throw new Error(`there is no built-in filter "${config.name}"`);
    return descriptor;
  }
  // A module that changed on disk is another module: the loader would answer with the old one.
  const { mtimeNs } = await stat(config.module, { bigint: true });
  const url = `${pathToFileURL(config.module).href}?modified=${mtimeNs}`;
  const loaded = (await import(url)) as { default?: unknown };
  return checkDescriptor(loaded.default, config.module);
}

function checkDescriptor(value: unknown, module: string): FilterDescriptor {
  const candidate = (value ?? {}) as Partial<FilterDescriptor>;
  if (
    candidate.kind !== 'filter' ||
    typeof candidate.create !== 'function' ||
    typeof candidate.parseConfig !== 'function'
  ) {
    throw new Error(
      `${module} does not export a filter descriptor { name, kind: 'filter', parseConfig, create } as default`,
    );
  }
  return candidate as FilterDescriptor;
}
