/** What was decided and why, newest first. A decision changes only by its capture, which comes later. */
import { cardId } from './capture-card.js';
import { byId, h, show, syncList } from './element.js';
import { timeOfDay } from './moment.js';
import { ruleTitle, verdicts, wordFor } from './vocabulary.js';

/** `decisions` is `null` before they are known; `captureIds` are of the captures that still exist. */
export function drawDecisions(decisions, captureIds) {
  if (decisions === null) return;
  show(byId('decisions-none'), decisions.length === 0);
  show(byId('decisions'), decisions.length > 0);
  syncList(byId('decisions-list'), decisions, {
    key: ({ id, captureId }) => `${id}${captureIds.has(captureId) ? ' linked' : ''}`,
    create: (decision) => row(decision, captureIds.has(decision.captureId)),
  });
}

function row({ at, subject, rule, verdict, reason, captureId }, linked) {
  const { title, tone } = wordFor(verdicts, verdict);
  const word = h('span', { class: `chip ${tone}` }, title);
  return h(
    'tr',
    { class: verdict === 'quiet' ? 'quiet-row' : null },
    h('td', { class: 'when' }, timeOfDay(at)),
    h('td', {}, h('code', {}, subject)),
    h('td', {}, ruleTitle(rule).replace(/^rule /, '')),
    h('td', {}, linked ? h('a', { href: `#${cardId(captureId)}`, class: 'bare' }, word) : word),
    h('td', { class: 'why' }, reason),
  );
}
