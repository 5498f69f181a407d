import { cellsOf } from './cells-of';
import { type Profile } from './profile-schema';

/** Upper bound of a profile's duration in milliseconds: all measurements with warm-up and drain. */
export function profileDurationMs(profile: Profile): number {
  return cellsOf(profile).length * (profile.warmUp + profile.measure + profile.drain);
}
