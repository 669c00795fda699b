export {
  type FromData,
  type ListenerFailure,
  routeKey,
  type Snapshot,
  type SnapshotSlots,
  type ThreadData,
  type ToData,
} from './snapshot.ts';
export { dataThreadUrl } from './thread-url.ts';
