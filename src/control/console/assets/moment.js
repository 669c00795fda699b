/** Moments on the page, `3 min ago`, that keep being true while nobody touches them. */
import { age, dayTime } from './amount.js';
import { there } from './clock.js';
import { h, setText } from './element.js';

/** An element that says how long ago `at` (Unix milliseconds) is, and the time itself to who points at it. */
export function ago(at) {
  const element = h('time', {
    datetime: new Date(at).toISOString(),
    'data-at': at,
    title: new Date(at).toISOString(),
  });
  refresh(element);
  return element;
}

/** The time of day of `at`; the day with it when it is another one. */
export function timeOfDay(at) {
  const element = h('time', { datetime: new Date(at).toISOString(), title: new Date(at).toISOString() });
  setText(element, dayTime(at, there()));
  return element;
}

/** To be called every second. */
export function refreshMoments() {
  for (const element of document.querySelectorAll('time[data-at]')) refresh(element);
}

function refresh(element) {
  setText(element, age(there() - Number(element.dataset.at)));
}
