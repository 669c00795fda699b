/**
 * What machine this is, for people who read `/server_info`: asked once, when somebody reads it, because the asking
 * starts processes (docs/decisions/0002). Limits that matter to the program come from the cgroup, not from here.
 */
import type { MachineInfo } from '../admin/index.ts';

/** Asked at the first look, and never again. */
export class Machine {
  #info: MachineInfo | null = null;
  #isAsked = false;

  /** `null` until the answer is there, which is not before the next look. */
  get info(): MachineInfo | null {
    if (!this.#isAsked) void this.#ask();
    return this.#info;
  }

  async #ask(): Promise<void> {
    this.#isAsked = true;
    this.#info = await describeMachine();
  }
}

/** `null` when the machine cannot be described; that is no reason to fail. */
async function describeMachine(): Promise<MachineInfo | null> {
  try {
    const { cpu, mem, osInfo, system } = await import('systeminformation');
    const [processor, memory, os, hardware] = await Promise.all([cpu(), mem(), osInfo(), system()]);
    return {
      processor: `${processor.manufacturer} ${processor.brand}`.trim(),
      cores: processor.cores,
      memoryBytes: memory.total,
      system: `${os.distro} ${os.release}`.trim(),
      kernel: os.kernel,
      architecture: os.arch,
      virtualization: hardware.virtual ? (hardware.virtualHost ?? 'unknown') : '',
    };
  } catch {
    return null;
  }
}
