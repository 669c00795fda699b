export { type FilterDescriptor, type FilterExchange, FilterStatus, type StreamFilter } from './filter.ts';
export { createFilters } from './load.ts';
