/** One capture: its sentence first, then what to do with it. A capture does not change, so a card is made once. */
import { bytes, duration } from './amount.js';
import { captureChart } from './capture-chart.js';
import { captureDetails } from './capture-details.js';
import { h } from './element.js';
import { ago } from './moment.js';
import { formats, kinds, ruleTitle, wordFor } from './vocabulary.js';

/** What speedscope opens, best first. A snapshot is not among them: it is no profile. */
const flameFormats = ['cpuprofile', 'heapprofile', 'pb.gz'];

export function cardId(captureId) {
  return `capture-${captureId}`;
}

/** `settings`: of holmes, `null` while they are not known. `onDelete(record)` is called for a click; it asks first. */
export function captureCard(record, settings, onDelete) {
  const { id, subject, kind, diagnosis, files } = record;
  const details = h('details', {}, h('summary', {}, 'Details'));
  // Most are never opened; the tables are made for those that are.
  details.addEventListener('toggle', () => details.append(captureDetails(record)), { once: true });
  return h(
    'li',
    { id: cardId(id), class: `card kind-${kind}`, tabindex: '-1' },
    captureChart(record, settings),
    h(
      'p',
      { class: 'meta' },
      h('span', { class: 'chip kind' }, wordFor(kinds, kind).title),
      h('span', { class: 'subject' }, subject),
      ago(record.at),
      h('span', {}, ruleTitle(record.rule)),
      diagnosis.certainty === 'unclear' ? h('span', { class: 'chip warn' }, 'unclear') : null,
    ),
    h('h3', { class: 'sentence' }, diagnosis.sentence),
    h(
      'p',
      { class: 'reason' },
      record.reason,
      h('span', { class: 'muted' }, ` · in hand ${duration(record.tookMs)} later`),
    ),
    h(
      'p',
      { class: 'buttons' },
      flameLink(record),
      ...files.map((file) => download(id, file)),
      h(
        'button',
        {
          type: 'button',
          class: 'quiet delete',
          'aria-label': `Delete capture ${id}`,
          onclick: () => onDelete(record),
        },
        'Delete',
      ),
    ),
    details,
  );
}

/** Where speedscope shows the capture; `null` for one without a profile. */
export function flameAddress({ id, subject, kind, files }) {
  const format = flameFormats.find((name) => files.some((file) => file.format === name));
  if (format === undefined) return null;
  const profile = encodeURIComponent(`/captures/${encodeURIComponent(id)}.${format}`);
  const title = encodeURIComponent(`${subject} ${wordFor(kinds, kind).title} ${id}`);
  return `/speedscope/index.html#profileURL=${profile}&title=${title}&view=left-heavy`;
}

function flameLink(record) {
  const href = flameAddress(record);
  if (href === null) return null;
  return h('a', { class: 'button primary', href, target: '_blank', rel: 'noopener' }, 'Flame graph');
}

function download(id, { format, bytes: size }) {
  const { title, opens = '' } = wordFor(formats, format);
  const name = `${id}.${format}`;
  const href = `/captures/${encodeURIComponent(id)}.${format}`;
  return h(
    'a',
    { class: 'button', href, download: name, title: opens === '' ? name : `${name}: for ${opens}` },
    `${title} `,
    h('small', {}, bytes(size)),
  );
}
