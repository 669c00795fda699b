/** The parts of a request target, found by position: the path ends at the first `?` or `#`. */

const QUESTION_MARK = 0x3f;
const EQUALS = 0x3d;

/** Index after the path. A `#` has no place in a target (RFC 9112 section 3.2); as in Envoy it ends the path. */
export function pathEnd(target: string): number {
  const query = target.indexOf('?');
  const end = query === -1 ? target.length : query;
  const fragment = target.indexOf('#');
  return fragment !== -1 && fragment < end ? fragment : end;
}

/**
 * The first value of query parameter `name`, as it is written: nothing is percent-decoded, as in Envoy. A parameter
 * without `=` has the value `''`. `end` is the target's `pathEnd`.
 */
export function queryValue(target: string, end: number, name: string): string | undefined {
  if (target.charCodeAt(end) !== QUESTION_MARK) return undefined;
  const fragment = target.indexOf('#', end);
  const last = fragment === -1 ? target.length : fragment;
  let at = end + 1;
  while (at < last) {
    const separator = target.indexOf('&', at);
    const stop = separator === -1 || separator > last ? last : separator;
    const after = at + name.length;
    if (after <= stop && target.startsWith(name, at)) {
      if (after === stop) return '';
      if (target.charCodeAt(after) === EQUALS) return target.slice(after + 1, stop);
    }
    at = stop + 1;
  }
  return undefined;
}
