/** Loaded before a program (`--import`): its wall clock, in all its threads, is ahead by as many milliseconds as a variable says. */
const aheadMs = Number(process.env['MESH_CLOCK_AHEAD_MS'] ?? 0);
const now = Date.now;
Date.now = () => now() + aheadMs;
