/** Releases under way: the verdict, why, on how many calls it rests, and how many are still needed. */
import { count, share } from './amount.js';
import { byId, h, setAttribute, setText, show, syncList } from './element.js';
import { timeOfDay } from './moment.js';
import { actions, releaseVerdicts, wordFor } from './vocabulary.js';

/** The one line at the top, about the worst of them, and the first reason for it. Pure. */
export function releasesVerdict(releases) {
  const named = (word) => releases.filter(({ verdict }) => verdict.verdict === word);
  const [failed, open] = [named('fail'), named('inconclusive')];
  const reasonOf = ([{ verdict }]) => `${verdict.reasons[0] ?? ''} The ${adviceOf(verdict)}.`.trim();
  if (failed.length > 0) {
    const text = `${list(failed)} ${failed.length > 1 ? 'fail' : 'fails'}`;
    return { tone: 'bad', text, note: reasonOf(failed) };
  }
  if (open.length > 0) return { tone: 'warn', text: `${list(open)}: not decided yet`, note: reasonOf(open) };
  if (releases.length === 0) return { tone: 'plain', text: 'None under way', note: '' };
  const text = `${list(releases)} ${releases.length > 1 ? 'pass' : 'passes'}`;
  return { tone: 'good', text, note: reasonOf(releases) };
}

export function drawReleases({ count: total, releases }) {
  setText(byId('releases-count'), total === 0 ? '' : count(total));
  show(byId('releases-none'), releases.length === 0);
  syncList(byId('releases-list'), releases, {
    key: ({ service, version, release }) => JSON.stringify([service, version, release]),
    create: card,
    update,
  });
}

export function drawEvents(events) {
  const newest = events.toReversed().slice(0, 20);
  show(byId('events-none'), newest.length === 0);
  show(byId('events'), newest.length > 0);
  syncList(byId('events-list'), newest, {
    key: ({ at, service, phase, message }) => JSON.stringify([at, service, phase, message]),
    create: ({ at, service, namespace, version, release, phase, message }) =>
      h(
        'tr',
        {},
        h('td', { 'data-heading': 'When' }, timeOfDay(Date.parse(at))),
        h(
          'td',
          { 'data-heading': 'Release' },
          [namespace, service, version, release].filter(Boolean).join(' · '),
        ),
        h('td', { 'data-heading': 'Event' }, [phase, message].filter(Boolean).join(': ')),
      ),
  });
}

function card({ service, version, release }) {
  return h(
    'li',
    { class: 'card' },
    h(
      'p',
      { class: 'meta' },
      h('span', { class: 'chip' }),
      h('b', {}, `${service} ${version}`),
      release === '' ? null : h('span', {}, `release ${release}`),
      h('span', { class: 'advice' }),
    ),
    h('ol', { class: 'reasons' }),
    h(
      'div',
      {},
      h(
        'table',
        { class: 'arms' },
        h('caption', { class: 'unseen' }, `Calls of ${service} ${version} and of its baseline`),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ...['', 'Version', 'Calls', 'Failed', 'Share', 'Nodes'].map((heading, i) =>
              heading === ''
                ? h('td', {})
                : h('th', { scope: 'col', class: i > 1 ? 'number' : null }, heading),
            ),
          ),
        ),
        h('tbody', {}, arm('Canary'), arm('Baseline')),
      ),
      h(
        'div',
        { class: 'needed' },
        h('progress', { 'aria-label': 'Calls towards a pass' }),
        h('p', { class: 'muted' }),
      ),
    ),
  );
}

function arm(name) {
  const number = () => h('td', { class: 'number' });
  return h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}), number(), number(), number(), number());
}

function update(place, { verdict }) {
  const { title, tone } = wordFor(releaseVerdicts, verdict.verdict);
  setAttribute(place, 'data-tone', tone);
  const chip = place.querySelector('.chip');
  setText(chip, title);
  setAttribute(chip, 'class', `chip ${tone}`);
  setText(place.querySelector('.advice'), adviceOf(verdict));
  syncList(
    place.querySelector('.reasons'),
    verdict.reasons.map((text, i) => ({ text, i })),
    { key: ({ i, text }) => `${i} ${text}`, create: ({ text }) => h('li', {}, text) },
  );
  const { canary, baseline, needRequests, eValue } = verdict.evidence;
  const [first, second] = place.querySelector('tbody').children;
  drawArm(first, canary);
  drawArm(second, baseline);
  const progress = place.querySelector('progress');
  progress.max = Math.max(1, canary.calls + needRequests);
  progress.value = canary.calls;
  const needed =
    needRequests === 0 ? 'enough calls for a pass' : `${count(needRequests)} calls still needed for a pass`;
  const decided = verdict.verdict !== 'inconclusive';
  show(progress, !decided);
  setText(
    place.querySelector('.needed p'),
    `${decided ? '' : `${needed}; `}evidence that it is worse: ${odds(eValue)}`,
  );
}

function drawArm(row, { version, calls, failures, nodes }) {
  const cells = [
    version || '–',
    count(calls),
    count(failures),
    calls === 0 ? '–' : share(failures / calls),
    count(nodes),
  ];
  for (const [i, text] of cells.entries()) setText(row.children[i + 1], text);
}

/** `pipeline should pause`. */
function adviceOf({ action, wouldBe, dryRun }) {
  const { title } = wordFor(actions, wouldBe);
  return dryRun && action !== wouldBe
    ? `pipeline would ${title}, but this is a dry run`
    : `pipeline should ${title}`;
}

function odds(value) {
  if (value >= 1e6) return 'over a million to 1';
  return `${value >= 10 ? count(Math.round(value)) : value.toPrecision(2)} to 1`;
}

function list(releases) {
  const names = releases.map(({ service, version }) => `${service} ${version}`);
  return names.length > 2 ? `${names.length} releases` : names.join(' and ');
}
