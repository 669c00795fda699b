/** All cases of the bench. Where it says so nobody can know better from the counts; these are kept to show what is not seen. */
import type { Case } from './case.ts';
import { type Condition, forAll } from './condition.ts';
import type { Fault, Place } from './oracle.ts';
import {
  applicationHop,
  callees,
  callers,
  edges,
  networkHop,
  networkHops,
  nodes,
  released,
} from './topology.ts';

const plain: Case = {
  name: '',
  title: '',
  clocks: 'even',
  before: {},
  planted: null,
  healthyWindows: 2,
  patience: 6,
  release: { isBad: false, isAwaited: false },
};
const healthy = { healthyWindows: 12, patience: 0, release: { isBad: false, isAwaited: true } } as const;

/** One call a second in the whole mesh. */
const quiet: Condition = { calling: forAll(callers, { rate: 0.5 }) };
/** Three in a thousand, which come three in a row. */
const bursts: Condition = { called: forAll(callees, { failing: 0.003, burst: 3 }) };
const withoutApplications: Condition = { silentApplications: nodes };

type Spec = Pick<Case, 'name' | 'title'> & Partial<Case>;

function faulty(spec: Spec, condition: Condition, ...faults: readonly Fault[]): Case {
  return { ...plain, ...spec, planted: { condition, faults } };
}

function at(node: string, kind: Place['kind'], seen: number, own = false): Fault {
  return { place: { node, kind }, seen, own };
}

const lost = (node: string, share = 0.1, burst = 1): Condition => ({
  filters: { [node]: { harm: 'request', share, burst } },
});
const spoilt = (hops: readonly string[], share = 0.1): Condition => ({
  pipes: [{ hops, harm: 'spoil', share }],
});
const failing = (names: readonly string[], share: number, burst = 1): Condition => ({
  called: forAll(names, { failing: share, burst }),
});
const application = (node: string): Fault => at(node, 'application', 6, true);

/** A proxy that decides against a call always counts it towards downstream and calls it its own. */
const counted: readonly Case[] = [
  faulty(
    { name: 'outbound-request', title: 'node of the caller loses 10 % before it sends them' },
    lost('web-1'),
    at('web-1', 'outbound_downstream', 2, true),
  ),
  faulty(
    { name: 'outbound-answer', title: 'node of the caller loses 10 % of the answers' },
    { filters: { 'web-1': { harm: 'answer', share: 0.1 } } },
    at('web-1', 'outbound_downstream', 2, true),
  ),
  faulty(
    { name: 'inbound-request', title: 'called node loses 10 % before its application' },
    lost('cart-3'),
    at('cart-3', 'inbound_downstream', 4, true),
  ),
  faulty(
    { name: 'inbound-answer', title: 'called node loses 10 % of the answers' },
    { filters: { 'cart-2': { harm: 'answer', share: 0.1 } } },
    at('cart-2', 'inbound_downstream', 4, true),
  ),
];

/** The node has counted the call as good, or its neighbour's failure: it does not see that it was its own. */
const uncounted: readonly Case[] = [
  faulty(
    { name: 'outbound-app-side', title: 'node of the caller spoils 10 % towards its application, uncounted' },
    spoilt([applicationHop('web-1')]),
    at('web-1', 'outbound_downstream', 1),
  ),
  faulty(
    { name: 'outbound-net-side', title: 'node of the caller spoils 10 % towards the network, uncounted' },
    spoilt(networkHops('web-1')),
    at('web-1', 'outbound_upstream', 3),
  ),
  faulty(
    { name: 'inbound-net-side', title: 'called node spoils 10 % towards the network, uncounted' },
    spoilt(networkHops('cart-3')),
    at('cart-3', 'inbound_downstream', 3),
  ),
  faulty(
    { name: 'inbound-app-side', title: 'called node spoils 10 % towards its application, uncounted' },
    spoilt([applicationHop('cart-3')]),
    at('cart-3', 'inbound_upstream', 5),
  ),
  faulty(
    { name: 'link', title: 'the network between two nodes resets 40 %' },
    { pipes: [{ hops: [networkHop(['web-1', 'cart-2'])], harm: 'reset', share: 0.4 }] },
    { place: { node: 'web-1', kind: 'link', callee: 'cart-2' }, seen: 3, own: false },
  ),
  faulty(
    { name: 'killed', title: 'called node is killed' },
    { killed: ['cart-2'] },
    at('cart-2', 'inbound_downstream', 3),
  ),
];

const applications: readonly Case[] = [
  faulty(
    { name: 'app-fails', title: 'application fails 20 %' },
    failing(['cart-3'], 0.2),
    application('cart-3'),
  ),
  faulty(
    { name: 'app-drops', title: 'application breaks 20 % of its connections' },
    { called: { 'cart-2': { dropping: 0.2 } } },
    application('cart-2'),
  ),
  faulty(
    { name: 'app-down', title: 'application does not listen' },
    { down: ['cart-3'] },
    at('cart-3', 'application', 5),
  ),
  faulty(
    { name: 'app-hangs', title: 'application hangs on 20 %, its node gives up first' },
    { called: { 'cart-2': { hanging: 0.2, hangMs: 2000 } } },
    at('cart-2', 'application', 5),
  ),
  faulty(
    { name: 'app-hangs-caller-first', title: 'the same, the node of the caller gives up first' },
    { called: { 'cart-2': { hanging: 0.2, hangMs: 2000 } }, timeouts: forAll(callers, '500ms') },
    at('cart-2', 'application', 5),
  ),
  faulty(
    { name: 'outage', title: 'all applications fail 20 % at once' },
    failing(callees, 0.2),
    ...callees.map(application),
  ),
  faulty(
    { name: 'caller-leaves', title: 'calling application leaves 20 % of its calls' },
    { calling: { 'web-1': { leaving: 0.2 } } },
  ),
  faulty(
    {
      name: 'app-fails-by-address',
      title: 'application fails 20 %, one caller calls its node by its address',
      before: { calling: { 'web-1': { host: '' } } },
    },
    failing(['cart-2'], 0.2),
    application('cart-2'),
  ),
  faulty(
    { name: 'damaged', title: 'node of the caller damages 20 % so that applications fail' },
    { filters: { 'web-1': { harm: 'damage', share: 0.2 } } },
    {
      place: { node: 'web-1', kind: 'outbound_upstream' },
      seen: 6,
      own: true,
      on: edges.filter(([caller]) => caller === 'web-1'),
    },
  ),
];

const silent: readonly Case[] = [
  faulty(
    {
      name: 'silent-called-node',
      title: 'called node loses 10 % and reports nothing',
      before: { silentNodes: ['cart-3'] },
    },
    lost('cart-3'),
    at('cart-3', 'inbound_downstream', 4, true),
  ),
  faulty(
    {
      name: 'silent-calling-node',
      title: 'node of the caller loses 10 % and reports nothing',
      before: { silentNodes: ['web-1'] },
    },
    lost('web-1'),
    at('web-1', 'outbound_downstream', 2, true),
  ),
  faulty(
    {
      name: 'silent-apps-inbound',
      title: 'no application observes; called node spoils 10 % towards the network, uncounted',
      before: withoutApplications,
    },
    spoilt(networkHops('cart-2')),
    at('cart-2', 'inbound_downstream', 3),
  ),
  faulty(
    {
      name: 'silent-apps-app-fails',
      title: 'no application observes; application fails 20 %',
      before: withoutApplications,
    },
    failing(['cart-3'], 0.2),
    application('cart-3'),
  ),
  faulty(
    {
      name: 'silent-apps-app-side',
      title: 'no application observes; called node spoils 10 % towards its application, uncounted',
      before: withoutApplications,
    },
    spoilt([applicationHop('cart-2')]),
    at('cart-2', 'inbound_upstream', 5),
  ),
  faulty(
    {
      name: 'silent-apps-unseen',
      title: 'no application observes; node of the caller spoils 10 % towards its application, uncounted',
      before: withoutApplications,
    },
    spoilt([applicationHop('web-1')]),
    at('web-1', 'outbound_downstream', 1),
  ),
];

const traffic: readonly Case[] = [
  faulty(
    { name: 'quiet-app', title: '1 call/s: application fails 60 %', before: quiet, patience: 12 },
    failing(['cart-2'], 0.6),
    application('cart-2'),
  ),
  faulty(
    { name: 'quiet-inbound', title: '1 call/s: called node loses 60 %', before: quiet, patience: 12 },
    lost('cart-3', 0.6),
    at('cart-3', 'inbound_downstream', 4, true),
  ),
  faulty(
    { name: 'bursts-inbound', title: 'bursts of 3: called node loses 10 %', before: bursts },
    lost('cart-2', 0.1, 3),
    at('cart-2', 'inbound_downstream', 4, true),
  ),
  faulty(
    { name: 'bursts-app', title: 'bursts of 3: application fails 10 %', before: bursts },
    failing(['cart-3'], 0.1, 3),
    application('cart-3'),
  ),
];

const skewed: readonly Case[] = (
  [
    ['app', 'application fails 20 %', failing(['cart-2'], 0.2), application('cart-2')],
    ['inbound', 'called node loses 10 %', lost('cart-3'), at('cart-3', 'inbound_downstream', 4, true)],
    [
      'inbound-net-side',
      'called node spoils 10 % towards the network, uncounted',
      spoilt(networkHops('cart-3')),
      at('cart-3', 'inbound_downstream', 3),
    ],
    [
      'outbound-net-side',
      'node of the caller spoils 10 % towards the network, uncounted',
      spoilt(networkHops('web-1')),
      at('web-1', 'outbound_upstream', 3),
    ],
  ] as const
).map(([name, title, condition, fault]) =>
  faulty({ name: `skewed-${name}`, title: `clocks 2 s apart: ${title}`, clocks: 'skewed' }, condition, fault),
);

const bad = { patience: 12, release: { isBad: true, isAwaited: true } } as const;

const releases: readonly Case[] = [
  faulty(
    { name: 'release-app', title: 'new version: its applications fail 5 %', ...bad },
    failing(released, 0.05),
    ...released.map(application),
  ),
  faulty(
    { name: 'release-node', title: 'new version: its nodes lose 10 %', ...bad },
    { filters: forAll(released, { harm: 'request', share: 0.1 }) },
    ...released.map((node) => at(node, 'inbound_downstream', 4, true)),
  ),
];

export const cases: readonly Case[] = [
  { ...plain, ...healthy, name: 'healthy', title: 'healthy' },
  { ...plain, ...healthy, name: 'healthy-quiet', title: 'healthy, 1 call/s', before: quiet },
  { ...plain, ...healthy, name: 'healthy-bursts', title: 'healthy, failures in bursts of 3', before: bursts },
  ...counted,
  ...uncounted,
  ...applications,
  ...silent,
  ...traffic,
  ...releases,
  { ...plain, ...healthy, name: 'healthy-skewed', title: 'healthy, clocks 2 s apart', clocks: 'skewed' },
  ...skewed,
];
