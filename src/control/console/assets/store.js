/** How full the store is, and what is wrong with it. */
import { bytes, count, duration } from './amount.js';
import { byId, h } from './element.js';

/**
 * `figures` is what the store says of itself; `null` where the proxy does not tell, then the captures are counted.
 * `limits` are those of the settings; `null` until they are known. Redrawn whole: nothing here can have the focus.
 */
export function drawStore({ figures, captures, limits }) {
  const counted = {
    captures: captures.length,
    bytes: captures.flatMap(({ files }) => files).reduce((sum, file) => sum + file.bytes, 0),
  };
  const held = figures ?? counted;
  const known = figures?.limits ?? limits;
  const facts = [
    h(
      'p',
      { class: 'figure' },
      h('b', {}, bytes(held.bytes)),
      known === null ? '' : ` of ${limit(known.maxBytes, bytes)}`,
    ),
    gauge('Bytes', held.bytes, known?.maxBytes),
    h(
      'p',
      { class: 'figure' },
      h('b', {}, count(held.captures)),
      ` captures${known === null ? '' : ` of ${limit(known.maxCount, count)}`}`,
    ),
    gauge('Captures', held.captures, known?.maxCount),
    h(
      'p',
      { class: 'muted' },
      [
        known === null ? '' : `Kept for ${limit(known.maxAgeMs, duration)} at most. `,
        figures?.evicted > 0 ? `${count(figures.evicted)} removed to keep the limits.` : '',
      ].join(''),
    ),
  ];
  if (figures?.unsaved > 0) {
    const text = `${count(figures.unsaved)} only in memory: they could not be written and are lost when the proxy ends. Download what you need.`;
    facts.push(h('p', { class: 'problem' }, text));
  }
  if (figures?.problem) facts.push(h('p', { class: 'problem' }, figures.problem));
  const key = facts.map(({ textContent }) => textContent).join('\n');
  const place = byId('store');
  if (place.dataset.shown === key) return;
  place.dataset.shown = key;
  place.replaceChildren(...facts.filter((fact) => fact.tagName === 'METER' || fact.textContent !== ''));
}

/** A limit that is not there is written as null. */
function limit(value, write) {
  return value === null || value === undefined ? 'any number' : write(value);
}

function gauge(label, value, max) {
  return max > 0 ? h('meter', { min: 0, max, value, 'aria-label': label }) : h('span');
}
