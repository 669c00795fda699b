/** Does something again until a time is over: how a culprit blocks for about as long as it was told, on any machine. */
export function againFor(blockMs: number, work: () => void): void {
  const end = performance.now() + blockMs;
  do work();
  while (performance.now() < end);
}
