import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../../contracts/program/package-root';
import { temporaryFolder } from '../fixtures/temporary-folder';

const SCRIPT = join(findPackageRoot(__dirname), 'scripts/trim-dependencies.mjs');
const here = `${process.platform}-${process.arch}`;

describe('the trimming of dependencies for the image', () => {
  it('keeps what programs load, and takes out the rest', () => {
    const onnx = 'onnxruntime-node/bin/napi-v6';
    const telemetry = '@opentelemetry/api/build';
    const conventions = '@opentelemetry/semantic-conventions/dist';
    const kept = [
      '.package-lock.json',
      `${telemetry}/src/index.js`,
      `${conventions}/index.cjs`,
      `classic-level/prebuilds/${here}/level.node`,
      'fastify/lib/test/keeps.js',
      'fastify/package.json',
      `${onnx}/${process.platform}/${process.arch}/onnx.node`,
    ];
    const dropped = [
      `${telemetry}/esm/index.js`,
      `${telemetry}/src/index.d.ts`,
      `${telemetry}/src/index.js.map`,
      `${conventions}/experimental_attributes.cjs`,
      'classic-level/deps/level.c',
      'classic-level/prebuilds/plan9-pdp11/level.node',
      'fastify/README.md',
      'fastify/test/input.js',
      `${onnx}/plan9/${process.arch}/onnx.node`,
      `${onnx}/${process.platform}/pdp11/onnx.node`,
      'mongodb/src/index.ts',
    ];
    const folder = temporaryFolder(Object.fromEntries([...kept, ...dropped].map((name) => [name, 'x'])));
    execFileSync(process.execPath, [SCRIPT, folder]);
    const left = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
    expect(left.sort()).toEqual(kept.sort());
  });

  it('needs to be told where they are', () => {
    expect(() => execFileSync(process.execPath, [SCRIPT, 'absent'], { stdio: 'pipe' })).toThrow(
      'trim-dependencies: needs a folder of packages, got absent',
    );
  });
});
