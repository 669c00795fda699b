/** A user's filter that has one of the culprits in it: each request to `/strike` makes it do its damage once. */
import type { FilterDescriptor, FilterExchange, StreamFilter } from '../../src/filter/index.ts';
import type { Culprit, CulpritOptions } from './culprit.ts';
import { type CulpritName, culprits } from './table.ts';

interface Options extends CulpritOptions {
  readonly culprit: string;
}

function isName(name: string): name is CulpritName {
  return Object.hasOwn(culprits, name);
}

const descriptor: FilterDescriptor<Culprit> = {
  name: 'culprit',
  kind: 'filter',

  parseConfig(options) {
    const { culprit: name, ...rest } = (options ?? {}) as Options;
    if (!isName(name)) {
      const names = Object.keys(culprits).join(', ');
      throw new Error(`options.culprit: expected one of ${names}, got ${JSON.stringify(name)}`);
    }
    return culprits[name](rest);
  },

  create: (culprit): StreamFilter => ({
    onRequestHead(exchange: FilterExchange) {
      if (exchange.request.target !== '/strike') return 0;
      culprit.strike();
      exchange.reply(200, 'struck\n');
      return 2;
    },
  }),
};

export default descriptor;
