/** What concerns the process as a whole: who it is, its admin plane, its log and its traces. */
import * as z from 'zod';
import { listenAddress } from './address-schema.ts';
import { block, choice, list, reading } from './block.ts';
import { adminDefaults, logDefaults, nodeDefaults, tracingDefaults } from './defaults.ts';
import { LogLevel, type AdminConfig, type LogConfig, type TracingConfig } from './model.ts';
import { defaultRatio } from './quantity.ts';
import { type Reading, read, refuse } from './reading.ts';
import { ratio, text, word } from './scalar-schema.ts';
import { type FileToken, fileToken, oneToken, tokenFields } from './token-schema.ts';

/** `id` is null where the file says none: the host's name is filled in later. */
export interface FileNode {
  readonly id: string | null;
  readonly service: string;
  readonly version: string;
  readonly release: string;
}

export const nodeSchema: z.ZodType<FileNode> = block({
  id: text(256, 1).optional().describe('Which node this is; by default the name of the host.'),
  service: text(256).prefault(nodeDefaults.service).describe('Service that this node belongs to.'),
  version: text(256).prefault(nodeDefaults.version).describe('Version of the service.'),
  release: text(256).prefault(nodeDefaults.release).describe('Release order that brought this version here.'),
})
  .transform((value) => ({ ...value, id: value.id ?? null }))
  .meta({ id: 'node', description: 'Who this is, in metrics, traces and health reports.' });

/** The admin plane with the token still in its file. */
export interface FileAdmin extends AdminConfig, FileToken {}

const adminBlock = block({
  address: listenAddress('127.0.0.1')
    .prefault(adminDefaults.address)
    .describe('IP address and port; a port alone is on 127.0.0.1. Off loopback a token is required.'),
  ...tokenFields('Bearer token that every request must carry.'),
  grpc_address: listenAddress('127.0.0.1')
    .optional()
    .describe(
      'IP address and port of the gRPC health service (`grpc.health.v1`), such as `127.0.0.1:9902`. Off loopback a token is required.',
    ),
})
  .check(oneToken())
  .transform(
    (value): FileAdmin => ({
      address: value.address,
      ...fileToken(value),
      ...(value.grpc_address !== undefined && { grpcAddress: value.grpc_address }),
    }),
  )
  .meta({
    id: 'admin',
    description: 'The admin plane: metrics, state, and changes by POST. Text or a port is `address`.',
  });

const noAdmin = z.literal(false).transform((): FileAdmin => ({ address: null, token: '', tokenFile: null }));
const adminAddress = listenAddress('127.0.0.1').transform(
  (address): FileAdmin => ({ address, token: '', tokenFile: null }),
);

export const adminSchema: z.ZodType<FileAdmin> = choice('an address, false or a mapping', [
  noAdmin,
  adminAddress,
  adminBlock,
]);

const level = word(LogLevel);

const logBlock = block({
  level: level.prefault(logDefaults.level).describe('The least severe level that is written.'),
  format: word(['json', 'text']).prefault(logDefaults.format).describe('JSON lines, or text for people.'),
})
  .transform((value): LogConfig => value)
  .meta({ id: 'log', description: "The proxy's own log, on standard error. Text is `level`." });

export const logSchema: z.ZodType<LogConfig> = choice('a level, or a mapping', [
  level.transform((value): LogConfig => ({ level: value, format: logDefaults.format })),
  logBlock,
]);

const traceFormat = word(['w3c', 'b3']);

const otlpEndpoint = reading(z.string({ error: 'a URL such as http://127.0.0.1:4317' }), readOtlpEndpoint);

export const tracingSchema: z.ZodType<TracingConfig> = block({
  sampling: ratio()
    .optional()
    .meta({ fileDefault: tracingDefaults.sampling })
    .describe(
      "Share of new traces that are sampled; a caller's decision is kept. Without `otlp_endpoint` the default is 0%.",
    ),
  propagate: choice('a trace format, or a list of them', [traceFormat, list(traceFormat, 'trace formats')])
    .prefault([...tracingDefaults.propagate])
    .describe('Formats written towards the upstream: w3c, b3. Both are understood from a caller.'),
  otlp_endpoint: otlpEndpoint
    .optional()
    .describe('OTLP/gRPC receiver of spans, such as `http://127.0.0.1:4317`.'),
})
  .transform((value): TracingConfig => {
    const isExported = value.otlp_endpoint !== undefined;
    const sampling = isExported ? tracingDefaults.sampling : tracingDefaults.sampling_without_receiver;
    return {
      sampling: value.sampling ?? defaultRatio(sampling),
      propagate: [...new Set([value.propagate].flat())],
      otlpEndpoint: value.otlp_endpoint ?? null,
    };
  })
  .meta({ id: 'tracing', description: 'Distributed traces.' });

function readOtlpEndpoint(value: string): Reading<string> {
  const expected = 'a URL such as http://127.0.0.1:4317';
  if (!URL.canParse(value))
    return refuse(expected, /^[^/]+:\d+$/.test(value) ? 'put http:// in front' : undefined);
  const url = new URL(value);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return refuse(expected, 'http or https');
  if (url.username !== '' || url.password !== '') {
    return refuse(`${expected}, without user and password`, 'OTLP over gRPC has no place for them');
  }
  const isBare = url.pathname === '/' && url.search === '' && url.hash === '';
  return isBare ? read(value.replace(/\/$/, '')) : refuse(`${expected}, without a path`);
}
