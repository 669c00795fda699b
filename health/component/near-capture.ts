/** From what is wrong with a component to the profile that may show why. Pure. */
import type { HealthSnapshot } from './component.ts';

/**
 * The id of the capture that was taken about the time at which the component came to be what it is, as far as somebody
 * has told of one; otherwise empty, and so when it is well.
 */
export function captureOf({ transitions }: HealthSnapshot, component: string): string {
  const last = transitions.find((transition) => transition.component === component);
  return last === undefined || last.to === 'healthy' ? '' : last.captureId;
}
