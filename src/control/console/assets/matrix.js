/**
 * Every subject against every reading that a rule looks at: the newest value, how near it is to its limit, and where a
 * capture was taken lately. Who is woken at night sees here which cell jumped.
 */
import { amount, isNumber } from './amount.js';
import { cardId } from './capture-card.js';
import { byId, h, setAttribute, setText, syncList } from './element.js';
import { readings, ruleTitle } from './vocabulary.js';

const recentMs = 600_000;

/** `rows`: `{ subject, title, cells }`, a cell `{ reading, value, limit, captures }`. Pure but for the page. */
export function drawMatrix(rows, columns, now) {
  const head = byId('matrix').querySelector('thead');
  if (head.dataset.shown !== columns.join()) {
    head.dataset.shown = columns.join();
    head.replaceChildren(
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, 'Subject'),
        ...columns.map((reading) => h('th', { scope: 'col' }, readings[reading].title)),
      ),
    );
  }
  syncList(byId('matrix').querySelector('tbody'), rows, {
    key: ({ subject }) => `${subject} ${columns.join()}`,
    create: ({ title }) =>
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, title),
        ...columns.map((reading) => h('td', { 'data-heading': readings[reading].title })),
      ),
    update: (row, { subject, cells }) => {
      for (const [i, cell] of cells.entries()) drawCell(row.children[i + 1], subject, cell, now);
    },
  });
}

function drawCell(place, subject, { reading, value, limit, captures }, now) {
  const struck = captures.find(({ at }) => now - at < recentMs);
  const isOver = isNumber(value) && limit !== null && value >= limit;
  const key = struck?.id ?? '';
  if (place.firstElementChild === null || place.dataset.struck !== key) {
    place.dataset.struck = key;
    const parts = [h('span', { class: 'value' }), h('span', { class: 'room' })];
    place.replaceChildren(
      struck === undefined
        ? h('span', {}, ...parts)
        : h(
            'a',
            {
              href: `#${cardId(struck.id)}`,
              title: `${ruleTitle(struck.rule)}: ${struck.diagnosis.sentence}`,
            },
            ...parts,
          ),
    );
  }
  const cell = place.firstElementChild;
  setAttribute(cell, 'class', `cell${isOver ? ' over' : ''}${struck === undefined ? '' : ' struck'}`);
  const { unit } = readings[reading];
  setText(cell.firstElementChild, amount(value, unit));
  const room = cell.lastElementChild;
  const shareOfLimit = limit === null || limit <= 0 || !isNumber(value) ? 0 : Math.min(1, value / limit);
  room.style.setProperty('--share', shareOfLimit.toFixed(2));
  const of = limit === null ? 'no limit' : `limit now ${amount(limit, unit)}`;
  setAttribute(room, 'title', of);
}
