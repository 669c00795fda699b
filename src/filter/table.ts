/** The built-in filters. Adding one is one file and one line here. */
import type { FilterDescriptor } from './filter.ts';

export const builtInFilters: readonly FilterDescriptor[] = [];
