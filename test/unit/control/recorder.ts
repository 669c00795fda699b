/** Collects what happens in a test and lets it wait for a certain happening, without sleeping. */
export class Recorder<T> {
  readonly all: T[] = [];
  #waiting: { readonly matches: (item: T) => boolean; readonly resolve: (item: T) => void }[] = [];

  push(item: T): void {
    this.all.push(item);
    for (const waiter of this.#waiting) if (waiter.matches(item)) waiter.resolve(item);
    this.#waiting = this.#waiting.filter((waiter) => !waiter.matches(item));
  }

  /** The first item that matches, also one that came before. */
  until(matches: (item: T) => boolean): Promise<T> {
    const known = this.all.find(matches);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => this.#waiting.push({ matches, resolve }));
  }
}
