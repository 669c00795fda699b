/** Node's last warnings. MaxListenersExceededWarning names the place that leaks listeners. */
import type { HandleProfile } from '../profile/handle-profile.ts';
import { framesOfText } from './call-site.ts';
import { guarded, type Part } from './guard.ts';

const maxWarnings = 20;
const maxMessage = 500;

type Kept = HandleProfile['warnings'][number];

export class Warnings implements Part {
  readonly #kept: Kept[] = [];
  readonly #listener: (warning: Error) => void = guarded((warning: Error) => {
    const { name, message, stack } = warning;
    this.#kept.push({
      name: name.slice(0, maxMessage),
      message: message.slice(0, maxMessage),
      // Read as the program would, because the error is the program's.
      stack: framesOfText(stack ?? ''),
    });
    if (this.#kept.length > maxWarnings) this.#kept.shift();
  });

  install(): void {
    process.on('warning', this.#listener);
  }

  remove(): void {
    process.off('warning', this.#listener);
  }

  list(): readonly Kept[] {
    return [...this.#kept];
  }
}
