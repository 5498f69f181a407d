// One by one: the library as a whole loads its ranges, too, at each start.
import compare from 'semver/functions/compare';
import parse from 'semver/functions/parse';
import { type SemVer } from 'semver';

/** Up to three numbers, then what SemVer allows after them. */
const VERSION = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

/**
 * The version as SemVer reads it; `1` is 1.0.0 and `2.1` is 2.1.0. `undefined` for other texts: words, and dates such as
 * `2024-05-01`, which are no prereleases of 2024.
 */
function parseVersion(text: string): SemVer | undefined {
  const [, major, minor, patch, prerelease = '', build = ''] = VERSION.exec(text) ?? [];
  if (major === undefined || (patch === undefined && /^-\d/.test(prerelease))) return undefined;
  const numbers = [major, minor ?? '0', patch ?? '0'].map((digits) => digits.replace(/^0+(?=\d)/, ''));
  return parse(numbers.join('.') + prerelease + build, { loose: true }) ?? undefined;
}

/**
 * Orders versions by SemVer precedence, oldest first. Texts that are no versions come before all that are, in natural order
 * (`pilot-2` before `pilot-10`).
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  const natural = a.localeCompare(b, 'en', { numeric: true });
  if (left === undefined || right === undefined) {
    return Number(left !== undefined) - Number(right !== undefined) || natural;
  }
  return compare(left, right) || natural;
}

/**
 * The newest release: never a prerelease, and no other text while there is any version. `undefined` when there are only
 * prereleases, or none.
 */
export function newestRelease(versions: readonly string[]): string | undefined {
  const parsed = versions.filter((version) => parseVersion(version) !== undefined);
  const candidates =
    parsed.length === 0
      ? versions
      : parsed.filter((version) => parseVersion(version)?.prerelease.length === 0);
  return [...candidates].sort(compareVersions).at(-1);
}
