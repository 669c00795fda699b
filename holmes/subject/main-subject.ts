/** The main thread, watched from a helper thread, to which the main thread has handed its `Joined` over. */
import type { Joined } from '../agent/joined.ts';
import type { Clock } from '../clock.ts';
import { linkToMainThread } from '../link/main-thread-link.ts';
import type { RecorderSettings } from '../settings.ts';
import type { SubjectEnd } from './subject.ts';
import { ThreadSubject } from './thread-subject.ts';

export interface MainSubjectOptions {
  /** Of the main thread. */
  readonly joined: Joined;
  readonly clock: Clock;
  readonly recorder: RecorderSettings;
}

/** A thread subject that says how to get in; it changes nothing of what that does. */
export class MainSubject extends ThreadSubject {
  constructor({ joined, clock, recorder }: MainSubjectOptions) {
    const access = {
      open: async () => ({ link: linkToMainThread(clock), joined }),
      // The helper ends with the process: there is nobody left to be told.
      ended: new Promise<SubjectEnd>(() => undefined),
      cause: null,
      leave: () => undefined,
    };
    super({ name: 'main', title: 'the main thread', access, clock, recorder });
  }
}
