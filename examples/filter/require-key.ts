/** A filter of one's own: refuses requests without the right `x-api-key`, and does not pass the key on. */
import type { FilterDescriptor, FilterExchange } from '../../src/filter/index.ts';

interface Options {
  readonly key: string;
}

const descriptor: FilterDescriptor<Options> = {
  name: 'require-key',
  kind: 'filter',

  parseConfig(options) {
    const { key } = (options ?? {}) as { key?: unknown };
    if (typeof key !== 'string' || key === '') throw new Error('options.key: expected a text, got nothing');
    return { key };
  },

  create: ({ key }) => ({
    onRequestHead(exchange: FilterExchange) {
      if (exchange.request.header('x-api-key') !== key) {
        exchange.reply(401, 'a key is needed\n', { 'www-authenticate': 'Key realm="demo"' });
        return 2;
      }
      exchange.removeRequestHeader('x-api-key');
      return 0;
    },
  }),
};

export default descriptor;
