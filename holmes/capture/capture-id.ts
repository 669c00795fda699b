/** Names of captures: they sort by time and are safe in a file name and in a URL. */
import type { CaptureKind } from '../subject/subject.ts';

export class CaptureIds {
  #last = '';
  #repeats = 0;

  /** `20261120T095155.123Z-data-1-cpu`; the second of the same millisecond ends in `-2`. */
  next(atMs: number, subject: string, kind: CaptureKind): string {
    const time = new Date(atMs).toISOString().replaceAll(/[-:]/g, '');
    const id = `${time}-${subject}-${kind}`;
    this.#repeats = id === this.#last ? this.#repeats + 1 : 1;
    this.#last = id;
    return this.#repeats === 1 ? id : `${id}-${this.#repeats}`;
  }
}
