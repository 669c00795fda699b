/**
 * Time. Ages are told by the proxy's clock, which its answers carry: the machine of the person who looks may be minutes
 * off. The browser is the edge of this program, so this is the only module that asks the browser for the time.
 */

/** An answer's date has whole seconds and was some way under way: below this the clocks count as equal. */
const toleranceMs = 2500;
let aheadMs = 0;

/** Unix milliseconds here: for how long ago something came. */
export function here() {
  // oxlint-disable-next-line no-restricted-properties
  return Date.now();
}

/** Unix milliseconds by the proxy's clock. */
export function there() {
  return here() + aheadMs;
}

/** `date` is the header of an answer that has just come. */
export function setByAnswer(date) {
  const told = Date.parse(date ?? '');
  if (Number.isNaN(told)) return;
  const difference = told + 500 - here();
  aheadMs = Math.abs(difference) < toleranceMs ? 0 : difference;
}

export function every(ms, action) {
  // oxlint-disable-next-line no-restricted-globals
  setInterval(() => action(), ms);
}
