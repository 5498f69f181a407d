import { type Size } from 'cdk8s';
import { emptyDirVolume } from '../private/volumes';
import { type BoundComponents } from './component-source';

/** An empty directory for what a server fetches from the repository; it goes with the pod. @internal */
export function fetchedComponents(room: Size): BoundComponents {
  return {
    volume: emptyDirVolume('fetched', { limit: room }),
    path: '/var/lib/mis/components',
    writable: true,
  };
}
