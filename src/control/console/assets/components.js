/** The parts of the process with their items, the data threads, and what changed of their health. */
import { count, duration } from './amount.js';
import { cardId } from './capture-card.js';
import { byId, h, setAttribute, setText, show, syncList } from './element.js';
import { ago, timeOfDay } from './moment.js';
import { statuses, threadStates, wordFor } from './vocabulary.js';

const maxChanges = 12;

export function drawComponents({ health, threads }) {
  syncList(byId('components-list'), health.components, {
    key: ({ name }) => name,
    create: componentRow,
    update: updateComponent,
  });
  syncList(byId('threads-list'), threads, {
    key: ({ thread }) => String(thread),
    create: threadRow,
    update: updateThread,
  });
  const changes = health.transitions.slice(0, maxChanges);
  show(byId('changes-none'), changes.length === 0);
  show(byId('changes'), changes.length > 0);
  syncList(byId('changes-list'), changes, {
    key: ({ at, component, to }) => `${at} ${component} ${to}`,
    create: changeRow,
  });
}

function componentRow({ name, required }) {
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, name, h('span', { class: 'required' }, required ? 'required' : 'optional')),
    h('td', { 'data-heading': 'Status' }, h('span', { class: 'chip' })),
    h('td', { 'data-heading': 'Since', class: 'since' }),
    h(
      'td',
      { 'data-heading': 'Says' },
      h(
        'div',
        {},
        h('span', { class: 'detail' }),
        h('details', { hidden: true }, h('summary', {}), h('ul', { class: 'plain items' })),
      ),
    ),
  );
}

function updateComponent(row, { status, freshness, detail, items, itemCount, since }) {
  const chip = row.querySelector('.chip');
  const { title, tone } = wordFor(statuses, status);
  setText(chip, freshness === 'fresh' ? title : `${title}, ${freshness}`);
  setAttribute(chip, 'class', `chip ${freshness === 'fresh' ? tone : 'warn'}`);
  const place = row.querySelector('.since');
  if (place.dataset.since !== String(since)) {
    place.dataset.since = String(since);
    place.replaceChildren(since > 0 ? ago(since) : '–');
  }
  setText(row.querySelector('.detail'), detail);
  const fold = row.querySelector('details');
  show(fold, items.length > 0);
  const unwell = items.filter((item) => item.status !== 'healthy').length;
  const told = `${count(itemCount)} ${itemCount === 1 ? 'item' : 'items'}${unwell > 0 ? `, ${unwell} not well` : ''}`;
  setText(fold.querySelector('summary'), told);
  syncList(fold.querySelector('ul'), items, {
    key: ({ name }) => name,
    create: ({ name }) => h('li', {}, h('code', {}, name), h('span', { class: 'chip' }), h('span', {})),
    update: (line, item) => {
      const word = wordFor(statuses, item.status);
      setText(line.children[1], word.title);
      setAttribute(line.children[1], 'class', `chip ${word.tone}`);
      setText(line.children[2], item.detail);
    },
  });
}

function threadRow({ thread }) {
  const number = (heading) => h('td', { class: 'number', 'data-heading': heading });
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, `data-${thread}`),
    h('td', { 'data-heading': 'State' }, h('span', { class: 'chip' })),
    number('Heartbeat'),
    number('Snapshot'),
    number('Replaced'),
    h('td', { 'data-heading': 'Last time' }),
  );
}

function updateThread(row, { state, heartbeatAgeMs, snapshotVersion, restarts, lastReplacement }) {
  const chip = row.querySelector('.chip');
  const { title, tone } = wordFor(threadStates, state);
  setText(chip, title);
  setAttribute(chip, 'class', `chip ${tone}`);
  // It beats ten times a second: what is younger than a second would only flicker.
  setText(row.children[2], heartbeatAgeMs < 1000 ? '< 1 s' : duration(heartbeatAgeMs));
  setText(row.children[3], String(snapshotVersion));
  setText(row.children[4], restarts === 0 ? 'never' : `${count(restarts)} ×`);
  const last = row.children[5];
  const key = lastReplacement === null ? '' : String(lastReplacement.atMs);
  if (last.dataset.shown === key) return;
  last.dataset.shown = key;
  last.replaceChildren(
    ...(lastReplacement === null ? ['–'] : [ago(lastReplacement.atMs), `: ${lastReplacement.reason}`]),
  );
}

function changeRow({ at, component, to, cause, captureId }) {
  const { title, tone } = wordFor(statuses, to);
  return h(
    'tr',
    {},
    h('td', { class: 'when', 'data-heading': 'When' }, timeOfDay(at)),
    h('th', { scope: 'row' }, component),
    h('td', { 'data-heading': 'Became' }, h('span', { class: `chip ${tone}` }, title)),
    h(
      'td',
      { 'data-heading': 'Cause' },
      h(
        'span',
        {},
        cause,
        captureId === '' ? null : ' ',
        captureId === '' ? null : h('a', { href: `#${cardId(captureId)}` }, 'capture'),
      ),
    ),
  );
}
