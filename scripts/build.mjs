// Compiles to lib/ and builds what is made at build time: protos beside their code, the demos' models, the schema.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));

function run(...command) {
  const { status } = spawnSync(process.execPath, command, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Files that are read at run time lie in lib/ as they do in the sources. */
function copyAssets(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) copyAssets(path);
    else if (/\.(proto|html|css|svg)$|\.browser\.js$/.test(entry.name)) {
      mkdirSync(dirname(join('lib', path)), { recursive: true });
      cpSync(path, join('lib', path));
    }
  }
}

run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
for (const folder of ['runtime', 'repository', 'scripts'].filter((name) => existsSync(name)))
  copyAssets(folder);
for (const program of ['lib/runtime/main.js', 'lib/repository/main.js', 'lib/scripts/benchmark/main.js']) {
  if (existsSync(program)) chmodSync(program, 0o755);
}
for (const model of ['fall-detection', 'scratch-detection']) {
  const script = `lib/scripts/build-${model}-model.js`;
  if (existsSync(script)) run(script);
}
