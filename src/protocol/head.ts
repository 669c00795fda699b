/**
 * The neutral view of a message head: what routing, filters, logs and codecs of another protocol may ask of it,
 * whichever protocol it came in. A view is borrowed: it is valid during the call that hands it over, and reads the
 * bytes it came in only when asked. Strings that must outlive the call are the asker's to keep.
 */

export interface HeadView {
  /** Number of header fields, in the order of arrival. */
  readonly headerCount: number;
  /** The first value of the field, with surrounding space removed; `undefined` when absent. `name` in lower case. */
  header(name: string): string | undefined;
  /** Name of field `index` as it was written. */
  headerName(index: number): string;
  headerValue(index: number): string;
}

export interface RequestHead extends HeadView {
  readonly method: string;
  /** The request target as routing sees it: origin form (`/path?query`), for CONNECT `host:port`, and for OPTIONS also `*`. */
  readonly target: string;
  /** `Host` or `:authority`, as written; empty when absent. */
  readonly authority: string;
}

export interface ResponseHead extends HeadView {
  readonly status: number;
}
