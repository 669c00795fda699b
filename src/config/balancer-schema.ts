/** How a cluster chooses an endpoint: a name, or a mapping with the balancer's own settings. */
import * as z from 'zod';
import { block, type Complaint, choice, rule } from './block.ts';
import { balancerDefaults as defaults } from './defaults.ts';
import type { BalancerConfig } from './model.ts';
import { decimal, duration, integer, word } from './scalar-schema.ts';

const largestRing = 8_388_608;
/** Envoy's bound; also keeps the table of one cluster below 20 MiB on each data thread. */
const largestTable = 5_000_011;

const plain = (['round_robin', 'weighted_round_robin', 'random'] as const).map((type) =>
  block({ type: z.literal(type).describe('Needs no settings.') }),
);

const leastRequest = block({
  type: z
    .literal('least_request')
    .describe('Of some endpoints drawn at random, the one with the fewest requests.'),
  choices: integer(2, 100).prefault(defaults.choices).describe('How many are drawn.'),
  active_request_bias: decimal(0, 100)
    .prefault(defaults.active_request_bias)
    .describe('With unequal weights: weight / (active + 1) ^ bias.'),
});

const peakEwma = block({
  type: z.literal('peak_ewma').describe('Of two drawn at random, the one with the lower latency times load.'),
  decay: duration().prefault(defaults.decay).describe('Window of the moving latency.'),
  default_rtt: duration()
    .prefault(defaults.default_rtt)
    .describe('Latency assumed of an endpoint that has none yet.'),
});

const ringHash = block({
  type: z.literal('ring_hash').describe('Consistent hashing on a ring, by `hash_policy`.'),
  min_ring_size: integer(1, largestRing)
    .prefault(defaults.min_ring_size)
    .describe('Fewest points on the ring.'),
  max_ring_size: integer(1, largestRing)
    .prefault(defaults.max_ring_size)
    .describe('Most points on the ring.'),
}).check(rule(ringSizesInOrder));

const maglev = block({
  type: z.literal('maglev').describe('Consistent hashing by a table, by `hash_policy`.'),
  table_size: integer(2, largestTable)
    .refine(isPrime, { error: 'a prime number, such as 65537' })
    .prefault(defaults.table_size)
    .describe('Size of the table, a prime well above the number of endpoints.'),
});

const settings = z
  .discriminatedUnion(
    'type',
    [...(plain as [(typeof plain)[number]]), leastRequest, peakEwma, ringHash, maglev],
    {
      error: 'a mapping',
    },
  )
  .transform(toBalancer)
  .meta({ id: 'balancer', description: 'How an endpoint is chosen. Text is `type`.' });

const balancerTypes = [
  'round_robin',
  'weighted_round_robin',
  'random',
  'least_request',
  'peak_ewma',
  'ring_hash',
  'maglev',
] as const;

const typeAlone = word(balancerTypes).transform((type) => settings.parse({ type }));

export const balancerSchema: z.ZodType<BalancerConfig> = choice(
  'the name of a balancer, or a mapping with `type`',
  [typeAlone, settings],
);

type Settings =
  | z.output<(typeof plain)[number]>
  | z.output<typeof leastRequest>
  | z.output<typeof peakEwma>
  | z.output<typeof ringHash>
  | z.output<typeof maglev>;

function toBalancer(value: Settings): BalancerConfig {
  switch (value.type) {
    case 'round_robin':
      return { kind: 'round-robin' };
    case 'weighted_round_robin':
      return { kind: 'weighted-round-robin' };
    case 'random':
      return { kind: 'random' };
    case 'least_request':
      return { kind: 'least-request', choices: value.choices, activeRequestBias: value.active_request_bias };
    case 'peak_ewma':
      return { kind: 'peak-ewma', decayMs: value.decay, defaultRttMs: value.default_rtt };
    case 'ring_hash':
      return { kind: 'ring-hash', minRingSize: value.min_ring_size, maxRingSize: value.max_ring_size };
    case 'maglev':
      return { kind: 'maglev', tableSize: value.table_size };
  }
}

function ringSizesInOrder({ min_ring_size: min, max_ring_size: max }: Record<string, unknown>): Complaint[] {
  const isInverted = typeof min === 'number' && typeof max === 'number' && min > max;
  return isInverted ? [{ path: ['min_ring_size'], expected: 'no more than max_ring_size' }] : [];
}

function isPrime(value: number): boolean {
  for (let divisor = 2; divisor * divisor <= value; divisor++) {
    if (value % divisor === 0) return false;
  }
  return value > 1;
}
