/**
 * The whole file as one schema. What comes out is the model, except for what needs the machine (host name, files),
 * which `resolve.ts` fills in.
 */
import * as z from 'zod';
import { block, list } from './block.ts';
import { clusterSchema } from './cluster-schema.ts';
import { processDefaults as defaults } from './defaults.ts';
import { type FileHolmes, holmesSchema } from './holmes-schema.ts';
import { listenerSchema } from './listener-schema.ts';
import { type FileMesh, meshSchema } from './mesh-schema.ts';
import type { Config } from './model.ts';
import {
  adminSchema,
  type FileAdmin,
  type FileNode,
  logSchema,
  nodeSchema,
  tracingSchema,
} from './process-schema.ts';
import { durationOrZero, integer, size, text } from './scalar-schema.ts';

export interface FileConfig extends Omit<Config, 'node' | 'admin' | 'holmes' | 'mesh'> {
  readonly node: FileNode;
  readonly admin: FileAdmin;
  readonly holmes: FileHolmes;
  readonly mesh: FileMesh;
}

const dataThreads = z.union([z.literal('auto'), integer(1, 256)], {
  error: 'auto, or a whole number between 1 and 256',
});

export const fileSchema: z.ZodType<FileConfig> = block({
  $schema: text().optional().describe('Where editors find the JSON Schema. Not used.'),
  node: nodeSchema.prefault({}).describe('Who this is, in metrics, traces and health reports.'),
  admin: adminSchema
    .prefault({})
    .describe('The admin plane; text or a port is its address, `false` switches it off.'),
  data_threads: dataThreads
    .prefault(defaults.data_threads)
    .describe('Threads that carry traffic; `auto` is one for each core that the process may use.'),
  stall_restart: durationOrZero(1000)
    .prefault(defaults.stall_restart)
    .describe('A data thread that has not answered for this long is replaced. 0: never.'),
  thread_heap: size({ min: 32 * 1024 * 1024, zero: true })
    .prefault(defaults.thread_heap)
    .describe("JavaScript heap of one data thread. 0: Node's own limit."),
  drain_timeout: durationOrZero()
    .prefault(defaults.drain_timeout)
    .describe(
      'How long running exchanges may take to finish on shutdown or when their listener goes. 0: none.',
    ),
  log: logSchema.prefault({}).describe("The proxy's own log; text is its level."),
  tracing: tracingSchema.prefault({}).describe('Distributed traces.'),
  holmes: holmesSchema
    .prefault({})
    .describe('Watches the process and captures a profile when a reading jumps; `false` switches it off.'),
  mesh: meshSchema
    .prefault({})
    .describe('Introduces this node to its peers and counts the calls with each; `true` switches it on.'),
  listeners: list(listenerSchema, 'listeners').prefault([]).describe('Where traffic comes in.'),
  clusters: list(clusterSchema, 'clusters').prefault([]).describe('Where traffic goes.'),
})
  .transform(
    (value): FileConfig => ({
      node: value.node,
      admin: value.admin,
      dataThreads: value.data_threads,
      stallRestartMs: value.stall_restart,
      threadHeapBytes: value.thread_heap,
      drainTimeoutMs: value.drain_timeout,
      log: value.log,
      tracing: value.tracing,
      holmes: value.holmes,
      mesh: value.mesh,
      listeners: value.listeners,
      clusters: value.clusters,
    }),
  )
  .meta({ title: 'Meshlock configuration', description: 'A configuration of the Meshlock data plane.' });
