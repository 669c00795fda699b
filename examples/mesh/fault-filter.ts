/** A filter that loses a share of the requests in the node itself, before the application sees them: a bad release of the proxy. */
import type { FilterDescriptor, FilterExchange, StreamFilter } from '../../src/filter/index.ts';

interface Options {
  /** 0 to 1. */
  readonly share: number;
}

const descriptor: FilterDescriptor<Options> = {
  name: 'faulty',
  kind: 'filter',

  parseConfig(options) {
    const { share } = (options ?? {}) as { share?: unknown };
    if (typeof share !== 'number' || share < 0 || share > 1)
      throw new Error('options.share: expected 0 to 1');
    return { share };
  },

  create: ({ share }): StreamFilter => ({
    onRequestHead(exchange: FilterExchange) {
      if (Math.random() >= share) return 0;
      exchange.reply(503, 'lost on the way\n');
      return 2;
    },
  }),
};

export default descriptor;
