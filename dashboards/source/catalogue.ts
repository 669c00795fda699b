/** The dashboards, under the names of their files. */
import type { ClassicDashboard } from './kit/frame.ts';
import { mesh } from './mesh/mesh.ts';
import { node } from './node/node.ts';
import { release } from './release/release.ts';
import { selfDiagnosis } from './self-diagnosis/self-diagnosis.ts';
import { upstreams } from './upstreams/upstreams.ts';

export const dashboards: Readonly<Record<string, ClassicDashboard>> = {
  mesh,
  node,
  release,
  'self-diagnosis': selfDiagnosis,
  upstreams,
};
