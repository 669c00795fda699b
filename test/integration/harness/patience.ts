/** Waiting in tests: for an event, never for time. A wait that is too long fails and says what was missing. */

/** Far beyond what loopback takes, also on a busy machine. */
const patienceMs = 8000;

/** The outcome of `promise`, or an error that tells `what()` was awaited in vain. */
export async function within<T>(
  promise: Promise<T>,
  what: () => string,
  ms: number = patienceMs,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`waited ${ms} ms in vain for ${what()}`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until `holds()`, looking again after each turn of the event loop: for what has no event of its own. */
export async function until(
  holds: () => boolean,
  what: () => string = () => String(holds),
  ms: number = patienceMs,
): Promise<void> {
  const endMs = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`waited ${ms} ms in vain for ${what()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Lets everything happen that has been caused so far: a few turns, in which sockets are read and closed. */
export async function settle(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}
