/** Errors of a connect that this machine causes and no endpoint: they must not be held against one. */
const texts: Readonly<Record<string, string>> = {
  EMFILE: 'no file descriptor left in this process',
  ENFILE: 'no file descriptor left on this machine',
  ENOBUFS: 'no buffer space left on this machine',
  ENOMEM: 'no memory left on this machine',
  EADDRNOTAVAIL: 'no local port left on this machine',
};

/** What this machine has run out of, for people; `undefined` for any other error. `code`: an errno name. */
export function localShortage(code: string): string | undefined {
  return texts[code];
}
