/** What went wrong on the way to what a proxy knows; the message is for a person and says what to do. Exit code 1. */
export class AdminFailure extends Error {
  override readonly name = 'AdminFailure';
}
