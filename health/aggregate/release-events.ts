/** What a pipeline told of its releases: kept for people, and to know by which name a release is asked for. */
import { peerField } from '../observe/peer-field.ts';

export interface ReleaseEvent {
  /** Unix milliseconds at which it came. */
  readonly at: number;
  readonly service: string;
  readonly namespace: string;
  readonly phase: string;
  /** Release order and version, where the pipeline names them; empty otherwise. */
  readonly release: string;
  readonly version: string;
  readonly message: string;
}

const maxEvents = 200;
const maxText = 256;

export class ReleaseEvents {
  readonly #events: ReleaseEvent[] = [];

  /** The last 200, oldest first. */
  get all(): readonly ReleaseEvent[] {
    return this.#events;
  }

  add(event: ReleaseEvent): ReleaseEvent {
    const kept: ReleaseEvent = {
      at: event.at,
      // What a pipeline calls them is compared with what nodes do, and goes to a second level: names like theirs.
      service: peerField(event.service),
      namespace: event.namespace.slice(0, maxText),
      phase: event.phase.slice(0, maxText),
      release: peerField(event.release),
      version: peerField(event.version),
      message: event.message.slice(0, maxText),
    };
    this.#events.push(kept);
    if (this.#events.length > maxEvents) this.#events.shift();
    return kept;
  }
}
