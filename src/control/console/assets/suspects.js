/** Parts of the fleet that break calls, each with the sentence and the edges that speak for it. */
import { count, share } from './amount.js';
import { byId, h, setAttribute, setText, show, syncList } from './element.js';
import { ago } from './moment.js';
import { modules, wordFor } from './vocabulary.js';

/** The one line at the top. Pure. */
export function suspectsVerdict(suspects) {
  const active = suspects.filter((suspect) => suspect.active);
  if (active.length === 0)
    return {
      tone: 'good',
      text: suspects.length === 0 ? 'None' : `None now, ${suspects.length} before`,
    };
  const names = [...new Set(active.map(nameOf))];
  return { tone: 'bad', text: names.length > 3 ? `${names.length} suspects` : names.join(', ') };
}

export function drawSuspects(suspects) {
  setText(byId('suspects-count'), suspects.length === 0 ? '' : String(suspects.length));
  show(byId('suspects-none'), suspects.length === 0);
  syncList(byId('suspects-list'), suspects, { key: keyOf, create: card, update });
}

function card(suspect) {
  const { kind, service, version, release, since } = suspect;
  const which = [service, version, release].filter(Boolean).join(' · ');
  return h(
    'li',
    { class: 'card', 'data-tone': 'bad' },
    h(
      'p',
      { class: 'meta' },
      h('span', { class: 'chip' }),
      h('b', {}, nameOf(suspect)),
      h('span', {}, wordFor(modules, kind).title),
      h('span', {}, which),
      h('span', {}, 'since ', ago(Date.parse(since))),
    ),
    h('h3', { class: 'sentence' }),
    h('p', { class: 'muted numbers' }),
    h(
      'details',
      {},
      h('summary', {}, 'Edges that show it'),
      h(
        'table',
        { class: 'stacking' },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ...['Caller', 'Called', 'Calls', 'Lost'].map((heading, i) =>
              h('th', { scope: 'col', class: i > 1 ? 'number' : null }, heading),
            ),
          ),
        ),
        h('tbody', {}),
      ),
    ),
  );
}

function update(place, { active, sentence, theta, explained, gain, threshold, edges, contrast }) {
  setAttribute(place, 'data-tone', active ? 'bad' : 'plain');
  const chip = place.querySelector('.chip');
  setText(chip, active ? 'suspect' : 'no longer');
  setAttribute(chip, 'class', `chip ${active ? 'bad' : 'plain'}`);
  setText(place.querySelector('.sentence'), sentence);
  setText(
    place.querySelector('.numbers'),
    `breaks ${share(theta)} of its calls, which explains ${count(Math.round(explained))} failures; evidence ${count(Math.round(gain))}, where ${count(Math.round(threshold))} is asked for`,
  );
  const callers = new Set(edges.map(({ caller }) => caller));
  const rows = [
    ...edges.map((edge) => ({ ...edge, lost: count(Math.round(edge.excess)) })),
    // Only its neighbour lost nothing there: who it called may be under suspicion itself.
    ...contrast.map((edge) => ({
      ...edge,
      lost: `none by ${callers.has(edge.caller) ? edge.caller : edge.callee}`,
    })),
  ];
  syncList(place.querySelector('tbody'), rows, {
    key: ({ caller, callee }) => `${caller} ${callee}`,
    create: ({ caller, callee }) =>
      h(
        'tr',
        {},
        h('td', { 'data-heading': 'Caller' }, h('code', {}, caller)),
        h('td', { 'data-heading': 'Called' }, h('code', {}, callee)),
        h('td', { class: 'number', 'data-heading': 'Calls' }),
        h('td', { class: 'number', 'data-heading': 'Lost' }),
      ),
    update: (row, { calls, lost }) => {
      setText(row.children[2], count(calls));
      setText(row.children[3], lost);
    },
  });
}

function nameOf({ node, link }) {
  return link === undefined ? node : `${link.caller} → ${link.callee}`;
}

function keyOf({ node, kind, since, link }) {
  return JSON.stringify([node, kind, since, link]);
}
