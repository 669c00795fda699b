/** How the process watches itself: what is sampled, when a profile is captured, where captures go. */
import type * as z from 'zod';
import { block, list } from './block.ts';
import {
  holmesDefaults as defaults,
  holmesPyroscopeDefaults,
  holmesRecorderDefaults,
  holmesRetentionDefaults,
  holmesStallDefaults,
} from './defaults.ts';
import {
  cpuRule,
  delayRule,
  descriptorsRule,
  externalRule,
  gcRule,
  handlesRule,
  heapRule,
  rssRule,
} from './holmes-rule-schema.ts';
import type {
  HolmesConfig,
  HolmesPyroscopeConfig,
  HolmesRecorderConfig,
  HolmesRetentionConfig,
  HolmesStallConfig,
} from './model.ts';
import { duration, durationOrZero, flag, integer, ratio, size, text } from './scalar-schema.ts';
import { switchable } from './switchable.ts';
import { type FileToken, fileToken, oneToken, tokenFields } from './token-schema.ts';
import { baseUrl } from './url-schema.ts';

/** The push with the token still in its file, and the application not yet named. */
export interface FilePyroscope extends Omit<HolmesPyroscopeConfig, 'application'>, FileToken {
  readonly application: string | null;
}

export interface FileHolmes extends Omit<HolmesConfig, 'pyroscope'> {
  readonly pyroscope: FilePyroscope | null;
}

const hourMs = 3_600_000;
const weekMs: number = 7 * 24 * hourMs;

const stallBlock = block({
  enabled: flag().prefault(true).describe('Whether a thread that stops answering is captured.'),
  after: duration(200, hourMs)
    .prefault(holmesStallDefaults.after)
    .describe('A thread that has not beaten for this long counts as stuck; it beats every 125ms.'),
  cooldown: durationOrZero(1, weekMs)
    .prefault(holmesStallDefaults.cooldown)
    .describe('After such a capture of one thread, so long none there. 0: none.'),
})
  .transform(
    (value): HolmesStallConfig => ({
      enabled: value.enabled,
      afterMs: value.after,
      cooldownMs: value.cooldown,
    }),
  )
  .meta({
    id: 'holmes_stall',
    description:
      'Captures what a thread does that stops answering, while it is stuck. `false` switches it off. Ending such a ' +
      'thread is `stall_restart`.',
  });

const recorderSchema: z.ZodType<HolmesRecorderConfig> = block({
  frequency: integer(10, 1000)
    .prefault(holmesRecorderDefaults.frequency)
    .describe('Samples per second of each thread.'),
  window: duration(1000, 300_000)
    .prefault(holmesRecorderDefaults.window)
    .describe('The recording is cut into pieces of this length.'),
  before: durationOrZero(1, 300_000)
    .prefault(holmesRecorderDefaults.before)
    .describe('How much of what led to a trigger a CPU capture shows, as far as it was recorded.'),
  after: durationOrZero(1, 120_000)
    .prefault(holmesRecorderDefaults.after)
    .describe('How long a CPU capture goes on after its trigger.'),
  arm: durationOrZero(1, 120_000)
    .prefault(holmesRecorderDefaults.arm)
    .describe('For how long a handle capture finds out where new handles are made. 0: not at all.'),
})
  .transform(
    (value): HolmesRecorderConfig => ({
      intervalUs: Math.round(1_000_000 / value.frequency),
      windowMs: value.window,
      beforeMs: value.before,
      afterMs: value.after,
      armMs: value.arm,
    }),
  )
  .meta({ id: 'holmes_recorder', description: 'The flight recorder: a CPU profile that is always on.' });

const retentionSchema: z.ZodType<HolmesRetentionConfig> = block({
  max_bytes: size({ min: 1024 * 1024 })
    .prefault(holmesRetentionDefaults.max_bytes)
    .describe('Of all captures together; the oldest make room. One that is larger is not stored.'),
  max_count: integer(1, 100_000).prefault(holmesRetentionDefaults.max_count).describe('Captures kept.'),
  max_age: duration(1000).prefault(holmesRetentionDefaults.max_age).describe('How long one is kept.'),
})
  .transform(
    (value): HolmesRetentionConfig => ({
      maxBytes: value.max_bytes,
      maxCount: value.max_count,
      maxAgeMs: value.max_age,
    }),
  )
  .meta({ id: 'holmes_retention', description: 'What captures may take of the disk.' });

const pyroscopeSchema: z.ZodType<FilePyroscope> = block({
  url: baseUrl('http://pyroscope:4040').describe(
    'Server that captures are pushed to, such as `http://pyroscope:4040`.',
  ),
  application: text(128, 1).optional().describe('Name they go under; by default `node.service`.'),
  ...tokenFields('Bearer token for the server.'),
  timeout: duration(100, 60_000)
    .prefault(holmesPyroscopeDefaults.timeout)
    .describe('A push that takes longer has failed.'),
})
  .check(oneToken())
  .transform(
    (value): FilePyroscope => ({
      url: value.url,
      application: value.application ?? null,
      ...fileToken(value),
      timeoutMs: value.timeout,
    }),
  )
  .meta({ id: 'holmes_pyroscope', description: 'Pushes CPU and heap captures to Grafana Pyroscope.' });

const levels = list(
  ratio().refine((level) => level > 0, { error: 'a ratio above 0' }),
  'shares of the heap',
).max(10, { error: 'a list of at most 10 shares' });

const holmesBlock = block({
  enabled: flag().prefault(defaults.enabled).describe('Whether the process watches itself.'),
  directory: text(4096, 1)
    .optional()
    .describe(
      'Folder for captures, relative to the directory of this file. By default `meshlock/captures` in the ' +
        "user's state folder (`XDG_STATE_HOME`, `~/.local/state`), else a private folder among the temporary ones.",
    ),
  interval: duration(100, hourMs).prefault(defaults.interval).describe('How often readings are sampled.'),
  cpu: cpuRule.prefault({}).describe('CPU time.'),
  event_loop_delay: delayRule.prefault({}).describe('Timers that come late.'),
  gc: gcRule.prefault({}).describe('Time in garbage collection.'),
  heap: heapRule.prefault({}).describe('JavaScript heap.'),
  external: externalRule.prefault({}).describe('Buffers outside the heap.'),
  rss: rssRule.prefault({}).describe('Resident memory.'),
  handles: handlesRule.prefault({}).describe('Active handles and requests.'),
  descriptors: descriptorsRule.prefault({}).describe('File descriptors.'),
  max_cpu: ratio()
    .prefault(defaults.max_cpu)
    .describe(
      "The process's CPU share at or above which only captures that cost nothing more are taken (CPU, stack).",
    ),
  stall: switchable(stallBlock).prefault({}).describe('Threads that stop answering.'),
  near_out_of_memory: levels
    .prefault([...defaults.near_out_of_memory])
    .describe('Shares of the heap limit at which a heap profile is saved, each once per growth.'),
  recorder: recorderSchema.prefault({}).describe('The flight recorder.'),
  retention: retentionSchema.prefault({}).describe('What captures may take of the disk.'),
  max_captures_per_minute: integer(0, 1000)
    .prefault(defaults.max_captures_per_minute)
    .describe('Captures by rules, of all threads together, in any minute.'),
  pyroscope: pyroscopeSchema.optional().describe('Where captures are pushed to; by default nowhere.'),
})
  .transform(
    (value): FileHolmes => ({
      enabled: value.enabled,
      directory: value.directory ?? null,
      intervalMs: value.interval,
      rules: {
        cpu: value.cpu,
        event_loop_delay: value.event_loop_delay,
        gc: value.gc,
        heap: value.heap,
        external: value.external,
        rss: value.rss,
        handles: value.handles,
        descriptors: value.descriptors,
      },
      maxCpu: value.max_cpu,
      stall: value.stall,
      nearOutOfMemory: value.near_out_of_memory.toSorted((a, b) => a - b),
      recorder: value.recorder,
      retention: value.retention,
      maxCapturesPerMinute: value.max_captures_per_minute,
      pyroscope: value.pyroscope ?? null,
    }),
  )
  .meta({
    id: 'holmes',
    description:
      'Self-diagnosis: samples every data thread and the process, and captures a profile when a reading jumps. ' +
      '`false` switches it off.',
  });

export const holmesSchema: z.ZodType<FileHolmes> = switchable(holmesBlock);
