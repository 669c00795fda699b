/** Whether the process answers: since when not, and what of the page is old. */
import { age, clockTime } from './amount.js';
import { here } from './clock.js';
import { byId, h, setAttribute, setText, syncList } from './element.js';

/** `source` is the one that always answers while the process lives. `since`: when it first did not; 0: it does. */
export function drawFreshness({ source, paused, unreachableSince }) {
  const { at } = source;
  const place = byId('freshness');
  const asOf = at === 0 ? 'nothing yet' : `as of ${age(here() - at)}`;
  const isGone = unreachableSince > 0;
  const state = paused ? 'paused' : isGone ? 'failing' : at === 0 ? 'waiting' : 'live';
  const status = source.error?.status;
  const word = status === undefined ? 'not reachable' : `refuses (${status})`;
  const texts = {
    paused: `paused, ${asOf}`,
    failing: `${word} since ${clockTime(unreachableSince)}`,
    waiting: 'asking',
    live: `live, ${age(here() - at)}`,
  };
  setAttribute(place, 'data-state', state);
  setText(byId('freshness-text'), texts[state]);
}

/** What went wrong in the last round, one line for each reason, with what it means for what is shown. */
export function drawTroubles(failed) {
  const groups = [...Map.groupBy(failed, ({ error }) => error.message)];
  syncList(byId('troubles'), groups, {
    key: ([message]) => message,
    create: () => h('p', { class: 'trouble' }),
    update: (line, [message, group]) => {
      const ages = group.filter(({ value }) => value !== null).map(({ at }) => here() - at);
      const old = ages.length === 0 ? '' : ` What you see of it came ${age(Math.max(...ages))}.`;
      setText(line, `${group.map(({ path }) => path).join(', ')}: ${message}.${old}`);
    },
  });
}
