import { type Profile } from './profile-schema';

/** Milliseconds that a profile takes at most: each of its measurements with warm-up and the wait for the last answers. */
export function profileDurationMs(profile: Profile): number {
  return countMeasurements(profile) * (profile.warmUp + profile.measure + profile.drain);
}

function countMeasurements(profile: Profile): number {
  const clients = profile.clients.length;
  switch (profile.profile) {
    case 'fall-detection':
      return clients * profile.devices.length;
    case 'scratch-detection':
      return clients * profile.batch.length;
    case 'closed-loop':
      return clients * profile.inFlight.length;
    case 'steps':
      return clients * profile.rates.length;
    case 'burst':
      return clients;
    case 'custom':
      return clients * Object.values(profile.load).filter(Array.isArray)[0].length;
  }
}
