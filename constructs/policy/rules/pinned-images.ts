import { containersOf } from '../manifest-object';
import { type PolicyRule } from '../policy-rule';

export const pinnedImages: PolicyRule = {
  name: 'pinned-images',
  recommendation: 'An image without a fixed version is another one tomorrow, and on another node.',
  fix: 'Name a tag other than latest, or a digest.',
  find: (object) =>
    containersOf(object)
      .filter(({ container }) => !isPinned(container.image ?? ''))
      .map(({ path, container }) => `${path}: image ${container.image ?? '(none)'}`),
};

function isPinned(image: string): boolean {
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return true;
  const tag = /:([A-Za-z0-9_][A-Za-z0-9._-]*)$/.exec(image.split('/').at(-1) ?? '')?.[1];
  return tag !== undefined && tag !== 'latest';
}
