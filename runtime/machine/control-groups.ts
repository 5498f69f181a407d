import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files of the system; tests bring their own. */
export interface SystemFiles {
  /** The text of a file, or undefined when there is none to read. */
  read(path: string): string | undefined;
}

export const SYSTEM_FILES: SystemFiles = {
  read: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
};

/** A folder of control files that bind this process: its own group's, or that of one above it. */
export interface ControlFolder {
  readonly path: string;
  readonly version: 1 | 2;
}

/** A hierarchy of control groups, as this process sees it. */
interface Hierarchy {
  readonly mountPoint: string;
  /** The group that the mount point shows; `/` unless a container was given a part of the host's hierarchy. */
  readonly root: string;
  readonly version: 1 | 2;
}

/** The folders of this process's groups that a controller (`cpu`, `memory`) can bind, in both versions of cgroups. */
export function controlFolders(files: SystemFiles, controller: string): ControlFolder[] {
  const hierarchies = findHierarchies(files.read('/proc/self/mountinfo') ?? '', controller);
  return hierarchies.flatMap((hierarchy) => {
    const group = findGroup(files.read('/proc/self/cgroup') ?? '', controller, hierarchy.version);
    return foldersUpwards(hierarchy, group).map((path) => ({ path, version: hierarchy.version }));
  });
}

/** Mounts that carry the controller. A line: `36 35 98:0 /root /mount/point options - type source super-options`. */
function findHierarchies(mountInfo: string, controller: string): Hierarchy[] {
  return mountInfo.split('\n').flatMap((line): Hierarchy[] => {
    const [mount, filesystem = ''] = line.split(' - ');
    const [, , , root, mountPoint] = mount.split(' ').map(unescapePath);
    const [type, , options = ''] = filesystem.split(' ');
    if (type === 'cgroup2') return [{ mountPoint, root, version: 2 }];
    if (type === 'cgroup' && options.split(',').includes(controller))
      return [{ mountPoint, root, version: 1 }];
    return [];
  });
}

/** This process's group. A line: `0::/group` (v2) or `4:cpu,cpuacct:/group` (v1). */
function findGroup(cgroup: string, controller: string, version: 1 | 2): string {
  for (const line of cgroup.split('\n')) {
    const match = /^(\d+):([^:]*):(.*)$/.exec(line);
    if (match === null) continue;
    const [, id, controllers, group] = match;
    const isOurs =
      version === 2 ? id === '0' && controllers === '' : controllers.split(',').includes(controller);
    if (isOurs) return group;
  }
  return '/';
}

/** The folders of the group and of all above it, up to the mount point. */
function foldersUpwards({ mountPoint, root }: Hierarchy, group: string): string[] {
  const names = group.split('/').filter((name) => name !== '');
  const rootNames = root.split('/').filter((name) => name !== '');
  // A container sees its own group at the mount point, but may read its name as the host knows it.
  const isBelow = rootNames.every((name, index) => names[index] === name);
  const below = isBelow ? names.slice(rootNames.length) : [];
  return Array.from({ length: below.length + 1 }, (_, depth) => join(mountPoint, ...below.slice(0, depth)));
}

/** Mount points have spaces and the like in octal. */
function unescapePath(path: string): string {
  return path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
