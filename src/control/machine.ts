/**
 * What machine this is, for people who read `/server_info`: asked once, when somebody reads it, because the asking
 * starts processes (docs/decisions/0002). Limits that matter to the program come from the cgroup, not from here.
 */
import type { MachineInfo } from '../admin/index.ts';

/** `null` when the machine cannot be described; that is no reason to fail. */
export async function describeMachine(): Promise<MachineInfo | null> {
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
