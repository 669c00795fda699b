/**
 * The capture to begin with, beside the verdict: its sentence, and its flame graph one step away, before anything is
 * scrolled.
 */
import { cardId, flameAddress } from './capture-card.js';
import { byId, h, show } from './element.js';
import { ago } from './moment.js';

/** What belongs to one trouble is captured within this. */
const togetherMs = 120_000;

/** The newest, unless one that came with it names a culprit and it does not. `records`: newest first. Pure. */
export function headline(records) {
  const [newest] = records;
  const together = records.filter(({ at }) => newest.at - at < togetherMs);
  return together.find(({ diagnosis }) => diagnosis.certainty === 'named') ?? newest;
}

export function drawNewest(records) {
  const record = headline(records);
  const [when, sentence, links] = [byId('newest-when'), byId('newest'), byId('newest-links')];
  for (const place of [when, sentence, links]) show(place, record !== undefined);
  if (record === undefined || sentence.dataset.shown === record.id) return;
  sentence.dataset.shown = record.id;
  when.replaceChildren('captured ', ago(record.at));
  sentence.replaceChildren(h('a', { href: `#${cardId(record.id)}` }, record.diagnosis.sentence));
  const flame = flameAddress(record);
  links.replaceChildren(
    ...(flame === null
      ? []
      : [h('a', { class: 'button primary', href: flame, target: '_blank', rel: 'noopener' }, 'Flame graph')]),
    h('a', { class: 'button', href: `#${cardId(record.id)}` }, 'All about it'),
  );
}
