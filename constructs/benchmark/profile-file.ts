import { type Construct } from 'constructs';
import { stringify } from 'yaml';
import { type ReadonlyData } from '../../runtime/definition';
import { parseProfile } from '../../contracts/benchmark/read-profile';
import { type Profile, type ProfileInput } from '../../contracts/benchmark/profile-schema';
import { refuse } from '../private/checks';

/** A profile document as its author writes it: durations such as `10s`, defaults left out. */
export type BenchmarkProfile = ReadonlyData<ProfileInput>;

export const PROFILE_FILE = 'profile.yaml';
const FILE_NAME = /^[A-Za-z0-9][-._A-Za-z0-9]{0,252}$/;

/** A profile and the files that it names, checked with the driver's schema. @internal */
export class ProfileFile {
  readonly profile: Profile;
  readonly files: Readonly<Record<string, string>>;

  constructor(owner: Construct, given: BenchmarkProfile | string, more: Readonly<Record<string, string>>) {
    const text = typeof given === 'string' ? given : stringify(given);
    this.profile = check(owner, text);
    for (const [name, content] of Object.entries(more)) {
      if (!FILE_NAME.test(name) || name === PROFILE_FILE)
        refuse(owner, 'files', name, `names of letters, digits and - . _, other than ${PROFILE_FILE}`);
      if (typeof content !== 'string') refuse(owner, `files.${name}`, content, "the file's text");
    }
    const missing = filesOf(this.profile).filter((path) => more[path.slice(1)] === undefined);
    if (missing.length > 0)
      refuse(
        owner,
        'files',
        Object.keys(more),
        `given with each file that the profile names: ${missing.map((path) => path.slice(1)).join(', ')}`,
      );
    this.files = { [PROFILE_FILE]: text, ...more };
  }
}

function check(owner: Construct, text: string): Profile {
  let profile: Profile;
  try {
    // Files that the profile names come out below this folder, which is that of the profile in the pod.
    profile = parseProfile(text, 'profile', '/');
  } catch (error) {
    throw new Error(
      `${owner.constructor.name} '${owner.node.path}': the profile cannot be run:\n${(error as Error).message}`,
      { cause: error },
    );
  }
  if (profile.target !== undefined)
    refuse(owner, 'profile.target', profile.target, "left out: the Job's own target is what is driven");
  return profile;
}

/** Paths of the files that a profile reads, from `/`. */
function filesOf(profile: Profile): string[] {
  if (profile.profile === 'fall-detection') return profile.recording === undefined ? [] : [profile.recording];
  if (!('data' in profile)) return [];
  const { data } = profile;
  if (data.use === 'fall-detection') return data.recording === undefined ? [] : [data.recording];
  if (data.use !== 'files') return [];
  return [
    ...(data.requests === undefined ? [] : [data.requests]),
    ...(data.inputs ?? []).flatMap(({ file }) => file),
  ];
}
