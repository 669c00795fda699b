/** A bearer token, written in the file itself or, better, kept in a file of its own. */
import * as z from 'zod';
import { exclusive, reading } from './block.ts';
import { type Reading, read, refuse } from './reading.ts';
import { text } from './scalar-schema.ts';

/** The token with its file not yet read: then it is empty. */
export interface FileToken {
  readonly token: string;
  readonly tokenFile: string | null;
}

/** For a block, which also takes `oneToken` as a check. */
export interface TokenFields {
  readonly token: z.ZodOptional<z.ZodType<string>>;
  readonly token_file: z.ZodOptional<z.ZodType<string>>;
}

/** `purpose` says what the token is for: `Bearer token for the server.` */
export function tokenFields(purpose: string): TokenFields {
  return {
    token: reading(z.string({ error: 'a token as text' }).meta({ minLength: 1 }), readToken)
      .optional()
      .describe(`${purpose} Prefer \`token_file\`.`),
    token_file: text(4096, 1)
      .optional()
      .describe(
        'File that holds the token, relative to the directory of this file. Read when the configuration is loaded.',
      ),
  };
}

export function oneToken(): z.core.$ZodCheck<unknown> {
  return exclusive(['token', 'token_file'], false);
}

export function fileToken(value: {
  readonly token?: string | undefined;
  readonly token_file?: string | undefined;
}): FileToken {
  return { token: value.token ?? '', tokenFile: value.token_file ?? null };
}

/** RFC 6750 `b64token`. */
export function readToken(value: string): Reading<string> {
  const isSound = /^[A-Za-z0-9._~+/-]+=*$/.test(value) && value.length <= 4096;
  return isSound ? read(value) : refuse('a bearer token of letters, digits and - . _ ~ + / (RFC 6750)');
}
