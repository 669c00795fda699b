/** Four figures over all listeners, large, each with its line of the last five minutes. */
import { count, latency, perSecond, share } from './amount.js';
import { byId, h, setAttribute, setText, syncList } from './element.js';
import { spark } from './spark.js';

/** Below it, red would be on every healthy node and mean nothing. */
export const manyErrors = 0.01;
const picture = { width: 130, height: 34, slots: 150 };

/** `all`: their counters as one; `flow`: their rates. */
export function drawTiles(all, { now, points }) {
  const line = (name) => points.map((point) => point?.[name] ?? null);
  const tiles = [
    {
      name: 'Requests',
      value: perSecond(now?.rate),
      unit: '/s',
      more: `${count(all.requestsActive)} in flight`,
      values: line('rate'),
    },
    {
      name: 'Answered with an error',
      value: share(now?.errors ?? null),
      tone: now?.errors >= manyErrors ? 'bad' : '',
      more: '5xx, of the last 10 s',
      values: line('errors'),
      sparkTone: 'errors',
    },
    {
      name: 'Latency, 99th percentile',
      value: latency(now?.p99),
      more: `p50 ${latency(now?.p50)}, p90 ${latency(now?.p90)}`,
      values: line('p99'),
    },
    {
      name: 'Connections',
      value: count(all.connectionsActive),
      more: `${perSecond(now?.connections)}/s new`,
      values: line('connections'),
    },
  ];
  syncList(byId('tiles'), tiles, { key: ({ name }) => name, create, update });
}

function create({ name }) {
  return h(
    'li',
    { class: 'tile' },
    h('span', { class: 'name' }, name),
    h('span', { class: 'value' }),
    h('span', { class: 'picture' }),
    h('span', { class: 'more' }),
  );
}

function update(tile, { name, value, unit = '', tone = '', more, values, sparkTone }) {
  const place = tile.querySelector('.value');
  setAttribute(place, 'class', `value ${tone}`);
  if (place.dataset.shown !== value) {
    place.dataset.shown = value;
    place.replaceChildren(value, value === '–' || unit === '' ? '' : h('small', {}, unit));
  }
  setText(tile.querySelector('.more'), more);
  const text = `${name} over five minutes, now ${value}${unit}`;
  tile.querySelector('.picture').replaceChildren(spark(values, { ...picture, text, tone: sparkTone }));
}
