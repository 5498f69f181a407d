import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { parseText, readText } from '../program/read-source';
import { parseWith } from '../program/schema-problems';
import { ConfigurationError, type Problem } from '../program/problem';
import { DATA_SOURCES, type DataSource } from './data-schema';
import { PROFILES, type Profile, type ProfileName } from './profile-schema';

/** The fields that choose the schema; checked first, so that a misspelt word is answered with the allowed ones. */
const kindSchema = z.looseObject({
  profile: z.enum(Object.keys(PROFILES) as [ProfileName]),
  data: z.looseObject({ use: z.enum(DATA_SOURCES) }).optional(),
});

/**
 * Parses a profile in YAML or JSON; relative paths in it start at `folder`.
 * @throws ConfigurationError with every problem of the text.
 */
export function parseProfile(text: string, source = 'profile', folder = '.'): Profile {
  const value = parseText(text, source);
  const kind = valid(parseWith(kindSchema, value), source);
  return withAbsolutePaths(
    valid<Profile>(parseWith<z.ZodType<Profile>>(PROFILES[kind.profile], value), source),
    folder,
  );
}

/**
 * Reads a profile document; relative paths in it start at its folder.
 * @throws ConfigurationError with every problem of the file.
 */
export function readProfile(path: string): Profile {
  return parseProfile(readText(path), path, dirname(path));
}

function valid<T>(
  parsed: { readonly value: T } | { readonly problems: readonly Problem[] },
  source: string,
): T {
  if ('problems' in parsed) throw new ConfigurationError(source, parsed.problems);
  return parsed.value;
}

function withAbsolutePaths(profile: Profile, folder: string): Profile {
  const absolute = (file: string): string => resolve(folder, file);
  if (profile.profile === 'fall-detection') {
    return profile.recording === undefined ? profile : { ...profile, recording: absolute(profile.recording) };
  }
  if (!('data' in profile)) return profile;
  return { ...profile, data: withAbsoluteData(profile.data, absolute) };
}

function withAbsoluteData(data: DataSource, absolute: (file: string) => string): DataSource {
  if (data.use === 'fall-detection') {
    return data.recording === undefined ? data : { ...data, recording: absolute(data.recording) };
  }
  if (data.use !== 'files') return data;
  return {
    ...data,
    requests: data.requests === undefined ? undefined : absolute(data.requests),
    inputs: data.inputs?.map((input) => ({
      ...input,
      file: Array.isArray(input.file) ? input.file.map(absolute) : absolute(input.file),
    })),
  };
}
