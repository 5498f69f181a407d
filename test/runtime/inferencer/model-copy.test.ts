import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mountDisk } from '../../fixtures/small-disk';
import { ROOT } from '../../fixtures/package';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import { itWith } from '../../fixtures/tools';

// In a process of its own, whose temporary folder is another one: prints where it serves the model from, and why.
const PROGRAM = `
const { ModelCopy } = require(process.argv[1]);
ModelCopy.make(process.argv[2], []).then(async (copy) => {
  console.log(JSON.stringify({ file: copy.file, digest: copy.digest, uncopied: copy.uncopied }));
  await copy.remove();
});`;

function copyOf(bytes: number, temporary: string) {
  const model = join(temporaryFolder({}), 'model.onnx');
  writeFileSync(model, randomBytes(bytes));
  const args = ['-e', PROGRAM, join(ROOT, 'lib/runtime/inferencer/model-copy.js'), model];
  const printed = execFileSync(process.execPath, args, {
    env: { ...process.env, TMPDIR: temporary },
    encoding: 'utf8',
  });
  return { model, ...(JSON.parse(printed) as { file: string; digest: string; uncopied?: string }) };
}

itWith(
  'right to mount',
  'serves a model from its own file where the temporary folder has no room for a copy',
  () => {
    const disk = mountDisk('256k');
    try {
      const large = copyOf(1024 * 1024, disk.path);
      expect(large.file).toBe(large.model);
      expect(large.uncopied).toContain('ENOSPC');
      expect(large.digest).toMatch(/^[0-9a-f]{64}$/);
      const small = copyOf(1024, disk.path);
      expect(small.file.startsWith(disk.path)).toBe(true);
      expect(small.uncopied).toBeUndefined();
      expect(readdirSync(disk.path)).toEqual([]);
    } finally {
      disk.unmount();
    }
  },
);
