/** What changes about a head on its way through. One object per exchange and direction, filled before the head is sent. */
export interface HeadEdit {
  /** Request: replaces the target; `null` forwards it. */
  target: string | null;
  /** Request: replaces the authority; `null` forwards it. */
  authority: string | null;
  /** Names in lower case that are not forwarded. */
  dropped: readonly string[];
  /** Complete field lines to add first, as bytes; borrowed until the exchange ends. */
  block: Buffer;
  /** Complete field lines to add, each `name: value` with CRLF, characters below U+0100. */
  lines: string;
  /** The protocol that an upgrade asks for or agrees to; `null`: `Upgrade` is not forwarded. */
  upgrade: string | null;
}
