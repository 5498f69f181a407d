import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ROOT } from '../fixtures/package';
import { describeWith } from '../fixtures/tools';

const MAIN = join(ROOT, 'lib/stacks/main.js');

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'construct-metadata.json')
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

function synth(environment: Record<string, string> = {}): string {
  const outdir = mkdtempSync(join(tmpdir(), 'dist-'));
  const env = { ...process.env, ...environment, CDK8S_OUTDIR: outdir };
  execFileSync(process.execPath, [MAIN], { cwd: ROOT, env, stdio: 'pipe' });
  return outdir;
}

describeWith('build', 'the committed manifests', () => {
  it('are what the stacks synthesize', () => {
    const outdir = synth();
    try {
      const committed = join(ROOT, 'dist');
      expect(files(outdir)).toEqual(files(committed));
      for (const path of files(outdir)) {
        expect({ path, content: readFileSync(join(outdir, path), 'utf8') }).toEqual({
          path,
          content: readFileSync(join(committed, path), 'utf8'),
        });
      }
    } finally {
      rmSync(outdir, { recursive: true });
    }
  });

  it('have other sizes in another environment, and the same objects', () => {
    const outdir = synth({ MIS_ENVIRONMENT: 'smallest' });
    const objects = (folder: string, name: string) =>
      readFileSync(join(folder, name), 'utf8')
        .match(/^kind: .*$/gm)
        ?.filter((kind) => kind !== 'kind: PersistentVolumeClaim');
    expect(objects(outdir, 'single-pod.k8s.yaml')).toEqual(
      objects(join(ROOT, 'dist'), 'single-pod.k8s.yaml'),
    );
    rmSync(outdir, { recursive: true });
  });

  it('are refused for an environment that there is not', () => {
    expect(() => synth({ MIS_ENVIRONMENT: 'huge' })).toThrow(
      "MIS_ENVIRONMENT must be one of production, gpu, smallest, got 'huge'",
    );
  });
});
