/** What went wrong on the way to the captures; the message is for a person and says what to do. Exit code 1. */
export class ProfileFailure extends Error {
  override readonly name = 'ProfileFailure';
}
