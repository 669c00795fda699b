/** Names of captures, checked before they become part of a path: they come from URLs and command lines too. */

/** Letters, digits, `.`, `_` and `-`, beginning with a digit or letter, no two points in a row: never a way out of a folder. */
const form: RegExp = /^[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,126}[A-Za-z0-9_-]$/;

export function isCaptureId(text: string): boolean {
  return form.test(text);
}

/** The id itself or, where that is taken, with the lowest number behind it that is not. */
export function freeCaptureId(id: string, isTaken: (id: string) => boolean): string {
  if (!isTaken(id)) return id;
  for (let number = 2; ; number++) {
    const candidate = `${id}-${number}`;
    if (!isTaken(candidate)) return candidate;
  }
}
