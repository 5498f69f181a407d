// node trim-dependencies.mjs <node_modules> — takes out of production dependencies what no program ever loads: for the image.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const [root] = process.argv.slice(2);
if (root === undefined || !existsSync(root)) {
  process.stderr.write(`trim-dependencies: needs a folder of packages, got ${root ?? 'none'}\n`);
  process.exit(2);
}

/** Folders at the root of a package that only its own developers use. */
const OF_DEVELOPERS = [
  'test',
  'tests',
  '__tests__',
  'benchmark',
  'benchmarks',
  'example',
  'examples',
  'docs',
  '.github',
];
/** Declarations, sources of what was compiled, source maps, texts for people. */
const NEVER_LOADED = /\.(map|md|markdown|ts|mts|cts|tsbuildinfo|flow)$/;

const remove = (...path) => rmSync(join(root, ...path), { recursive: true, force: true });
const names = (folder) => (existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder) : []);

/** Native libraries of other platforms than the one that this runs on. */
function keepPlatform() {
  const onnx = ['onnxruntime-node', 'bin', 'napi-v6'];
  for (const platform of names(join(root, ...onnx))) {
    if (platform !== process.platform) remove(...onnx, platform);
  }
  const own = [...onnx, process.platform];
  for (const arch of names(join(root, ...own))) if (arch !== process.arch) remove(...own, arch);
  const level = ['classic-level', 'prebuilds'];
  for (const prebuild of names(join(root, ...level))) {
    if (prebuild !== `${process.platform}-${process.arch}`) remove(...level, prebuild);
  }
  remove('@img', 'sharp-wasm32');
}

/** The builds of OpenTelemetry for bundlers: Node takes `build/src`. Of the names of attributes those that are settled suffice. */
function trimTelemetry() {
  for (const name of names(join(root, '@opentelemetry'))) {
    for (const build of ['esm', 'esnext']) remove('@opentelemetry', name, 'build', build);
  }
  const conventions = ['@opentelemetry', 'semantic-conventions', 'dist'];
  for (const file of names(join(root, ...conventions))) {
    if (/^(experimental_|index-incubating)/.test(file)) remove(...conventions, file);
  }
}

function packages() {
  return names(root).flatMap((name) =>
    name.startsWith('@') ? names(join(root, name)).map((scoped) => join(name, scoped)) : [name],
  );
}

function trimFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) trimFiles(path);
    else if (entry.isFile() && NEVER_LOADED.test(entry.name)) rmSync(path);
  }
}

keepPlatform();
trimTelemetry();
for (const name of packages()) {
  for (const entry of names(join(root, name))) if (OF_DEVELOPERS.includes(entry)) remove(name, entry);
}
// Sources beside what they were compiled or generated to.
for (const path of [
  ['classic-level', 'deps'],
  ['zod', 'src'],
  ['mongodb', 'src'],
  ['bson', 'src'],
  ['yaml', 'browser'],
  ['protobufjs', 'dist'],
]) {
  remove(...path);
}
trimFiles(root);
