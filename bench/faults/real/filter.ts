/**
 * A bad release of the proxy: a filter in a node that loses a share of the calls, before they are sent on or when the
 * answer is there already, or that damages the request so that whoever gets it cannot answer it.
 */
import type { FilterDescriptor, FilterExchange, StreamFilter } from '../../../src/filter/index.ts';
import { Chance } from './chance.ts';

/** An application that gets it answers 500. */
export const damageHeader = 'x-damaged';

const Harm = ['request', 'answer', 'damage'] as const;
export type Harm = (typeof Harm)[number];

export interface FilterHarm {
  readonly harm: Harm;
  readonly share: number;
  readonly burst?: number;
}

function isHarm(value: unknown): value is Harm {
  return Harm.some((harm) => harm === value);
}

const descriptor: FilterDescriptor<FilterHarm> = {
  name: 'harm',
  kind: 'filter',

  parseConfig(options) {
    const { harm, share, burst } = (options ?? {}) as Record<string, unknown>;
    if (!isHarm(harm)) throw new Error(`options.harm: expected one of ${Harm.join(', ')}`);
    if (typeof share !== 'number' || share < 0 || share > 1)
      throw new Error('options.share: expected 0 to 1');
    return { harm, share, burst: typeof burst === 'number' ? burst : 1 };
  },

  create({ harm, ...options }): StreamFilter {
    const chance = new Chance(options);
    if (harm === 'answer') {
      return {
        onResponseHead(exchange: FilterExchange) {
          if (chance.strikes()) exchange.reply(503, 'lost on the way back\n');
        },
      };
    }
    return {
      onRequestHead(exchange: FilterExchange) {
        if (!chance.strikes()) return 0;
        if (harm === 'damage') {
          exchange.setRequestHeader(damageHeader, '1');
          return 0;
        }
        exchange.reply(503, 'lost on the way\n');
        return 2;
      },
    };
  },
};

export default descriptor;
