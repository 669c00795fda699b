/**
 * The windows that a recorder has finished and may still need, with V8's clock laid over ours. Bounded in number: when
 * there are many short ones, the oldest are put together.
 */
import type { CpuProfile } from '../profile/cpu-profile.ts';
import { mergeCpuProfiles, trimCpuProfile } from './cpu-window.ts';

const maxWindows = 16;

export class WindowHistory {
  /** Oldest first. */
  #windows: CpuProfile[] = [];
  /**
   * Our milliseconds minus V8's. An answer arrives after the window has ended, so that every one is a little too large,
   * and the smallest one the best.
   */
  #offsetMs = Number.POSITIVE_INFINITY;

  /** A window ended, and we heard of it at `nowMs`. */
  add(profile: CpuProfile, nowMs: number): void {
    this.#offsetMs = Math.min(this.#offsetMs, nowMs - profile.endTime / 1000);
    this.#windows.push(profile);
    if (this.#windows.length > maxWindows) {
      this.#windows.splice(0, 2, mergeCpuProfiles(this.#windows.slice(0, 2)));
    }
  }

  /** Drops the windows that ended before `fromMs`, but never the last one; what is before it in a kept one goes too. */
  forget(fromMs: number): void {
    const from = this.#inProfile(fromMs);
    const last = this.#windows.length - 1;
    this.#windows = this.#windows.filter(({ endTime }, index) => index === last || endTime >= from);
    const oldest = this.#windows[0];
    // Windows that were put together end late enough to be kept, however far they reach back.
    if (oldest !== undefined && this.#windows.length === maxWindows && oldest.startTime < from) {
      this.#windows[0] = trimCpuProfile(oldest, from, oldest.endTime);
    }
  }

  /** One profile of what is known of the time; `null`: nothing was recorded. */
  between(fromMs: number, toMs: number): CpuProfile | null {
    const from = this.#inProfile(fromMs);
    const to = this.#inProfile(toMs);
    const windows = this.#windows.filter(({ startTime, endTime }) => endTime >= from && startTime <= to);
    return windows.length === 0 ? null : trimCpuProfile(mergeCpuProfiles(windows), from, to);
  }

  #inProfile(ms: number): number {
    return (ms - this.#offsetMs) * 1000;
  }
}
