/** Live figures of listeners and clusters: tiles over all listeners, and a row for each of both. */
import { bytes, count, isNumber, latency, perSecond, share } from './amount.js';
import { byId, h, setAttribute, setText, show, syncList } from './element.js';
import { Flow, summed } from './flow.js';
import { spark } from './spark.js';
import { drawTiles, manyErrors } from './tiles.js';
import { listenerStates, wordFor } from './vocabulary.js';

const slots = 150;
/** Towards a caller only what this side answered is an error; upstream no answer is one as well. */
const isListenerError = (codeClass) => codeClass === 4;
const isClusterError = (codeClass) => codeClass === 4 || codeClass === 5;

const columns = [
  { heading: 'Requests/s', cell: (row) => perSecond(row.now?.rate) },
  { heading: 'Errors', cell: (row) => share(row.now?.errors), bad: (row) => row.now?.errors >= manyErrors },
  { heading: 'p50', cell: (row) => latency(row.now?.p50) },
  { heading: 'p90', cell: (row) => latency(row.now?.p90) },
  { heading: 'p99', cell: (row) => latency(row.now?.p99) },
  { heading: 'In flight', cell: (row) => count(row.figures.requestsActive) },
  { heading: 'Connections', cell: (row) => count(row.figures.connectionsActive) },
  { heading: 'In, B/s', cell: (row) => throughput(row.now?.received) },
  { heading: 'Out, B/s', cell: (row) => throughput(row.now?.sent) },
];

export class Traffic {
  #instance = '';
  #flows = new Map();
  #total = new Flow();

  constructor() {
    for (const id of ['listeners', 'clusters']) byId(id).querySelector('thead').append(headings());
  }

  update({ instance, tick, traffic, listeners, clusters }) {
    if (instance !== this.#instance) {
      this.#instance = instance;
      this.#flows.clear();
      this.#total = new Flow();
    }
    const { bounds } = traffic;
    const all = summed(traffic.listeners);
    this.#total.add(tick, all, bounds, isListenerError);
    const rows = (kind, isError) =>
      traffic[kind].map((figures) => {
        const flow = this.#flow(`${kind} ${figures.name}`);
        flow.add(tick, figures, bounds, isError);
        return { name: figures.name, figures, now: flow.now, points: flow.points };
      });
    drawTiles(all, this.#total);
    drawTable('listeners', rows('listeners', isListenerError), (name) =>
      listenerNote(listeners.find((one) => one.name === name)),
    );
    drawTable('clusters', rows('clusters', isClusterError), (name) =>
      clusterNote(clusters.find((one) => one.name === name)),
    );
    drawMore('listeners', traffic.left.listeners);
    drawMore('clusters', traffic.left.clusters);
    this.#forget(traffic);
  }

  /** What a reload has taken away. */
  #forget(traffic) {
    const known = new Set(
      ['listeners', 'clusters'].flatMap((kind) => traffic[kind].map(({ name }) => `${kind} ${name}`)),
    );
    for (const key of this.#flows.keys()) if (!known.has(key)) this.#flows.delete(key);
  }

  #flow(key) {
    const flow = this.#flows.get(key) ?? new Flow();
    this.#flows.set(key, flow);
    return flow;
  }
}

function headings() {
  return h(
    'tr',
    {},
    h('th', { scope: 'col' }, 'Name'),
    ...columns.map(({ heading }) => h('th', { scope: 'col', class: 'number' }, heading)),
    h('th', { scope: 'col', class: 'trend' }, 'Requests/s, 5 min'),
  );
}

function drawTable(id, rows, noteOf) {
  show(byId(id), rows.length > 0);
  syncList(byId(id).querySelector('tbody'), rows, {
    key: ({ name }) => name,
    create: ({ name }) =>
      h(
        'tr',
        {},
        h('th', { scope: 'row', title: name }, name, ' ', h('small', {})),
        ...columns.map(({ heading }) => h('td', { class: 'number', 'data-heading': heading })),
        h('td', { class: 'trend' }),
      ),
    update: (row, item) => {
      const { tone = '', text } = noteOf(item.name);
      const note = row.querySelector('small');
      setText(note, text);
      setAttribute(note, 'class', tone);
      for (const [i, { cell, bad }] of columns.entries()) {
        const place = row.children[i + 1];
        setText(place, cell(item));
        setAttribute(place, 'class', bad?.(item) ? 'number bad' : 'number');
      }
      const rates = item.points.map((point) => point?.rate ?? null);
      const highest = Math.max(0, ...rates.filter((rate) => rate !== null));
      const text5 = `at most ${perSecond(highest)} requests/s in five minutes`;
      row.lastElementChild.replaceChildren(spark(rates, { width: 150, height: 22, slots, text: text5 }));
    },
  });
}

function drawMore(id, left) {
  show(byId(`${id}-more`), left > 0);
  setText(byId(`${id}-more`), `and ${count(left)} ${id} that counted less`);
}

function listenerNote(status) {
  if (status === undefined) return { text: '' };
  const { address, state, failure, role } = status;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  const where = `${role} ${host}:${address.port}`;
  if (state === 'active') return { text: where };
  return {
    text: `${failure || wordFor(listenerStates, state).title} · ${where}`,
    tone: state === 'failed' ? 'bad' : '',
  };
}

function clusterNote(status) {
  if (status === undefined) return { text: '' };
  const { endpoints, usable } = status;
  return {
    text: `${usable} of ${endpoints} healthy`,
    tone: usable < endpoints || endpoints === 0 ? 'bad' : '',
  };
}

function throughput(rate) {
  return isNumber(rate) ? bytes(rate) : '–';
}
