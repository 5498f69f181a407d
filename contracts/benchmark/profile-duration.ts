import { cellsOf } from './cells-of';
import { type Profile } from './profile-schema';

/** Milliseconds that a profile takes at most: each of its measurements with warm-up and the wait for the last answers. */
export function profileDurationMs(profile: Profile): number {
  return cellsOf(profile).length * (profile.warmUp + profile.measure + profile.drain);
}
