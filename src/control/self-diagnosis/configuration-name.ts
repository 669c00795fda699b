/** Which configuration a capture was taken under, also for who has the capture alone. */
import { createHash } from 'node:crypto';
import { type Config, redactConfig } from '../../config/index.ts';

/**
 * `version 3, sha256 1f0c…`: the version counts within one process; the digest is the same wherever the same
 * configuration runs, and no secret went into it.
 */
export function configurationName(config: Config, version: number): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(redactConfig(config)))
    .digest('hex');
  return `version ${version}, sha256 ${digest.slice(0, 12)}`;
}
