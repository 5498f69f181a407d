'use strict';
const { existsSync } = require('node:fs');
const childProcess = require('node:child_process');
const workerThreads = require('node:worker_threads');
const { TestEnvironment } = require('jest-environment-node');

const REALM_BOUND = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Float32Array',
  'Float64Array',
  'Int8Array',
  'Int16Array',
  'Int32Array',
  'BigInt64Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Uint16Array',
  'Uint32Array',
  'BigUint64Array',
];

const NativeWorker = workerThreads.Worker;

/** Threads run outside of Jest, which alone knows how to read TypeScript here: theirs comes with a reader of its own. */
const SourceWorker = new Proxy(NativeWorker, {
  construct(target, [file, options = {}]) {
    const source = String(file).replace(/\.js$/, '.ts');
    if (options.eval || existsSync(file) || !existsSync(source)) return new target(file, options);
    const execArgv = ['--require', require.resolve('./read-typescript.js'), ...(options.execArgv ?? [])];
    return new target(source, { ...options, execArgv });
  },
});

const nativeSpawn = childProcess.spawn;

/** The same for processes of Node. */
function spawnSource(command, args, options) {
  const at = command === process.execPath && Array.isArray(args) ? args.findIndex(isMissing) : -1;
  if (at < 0) return nativeSpawn(command, args, options);
  const source = args[at].replace(/\.js$/, '.ts');
  const reader = ['--require', require.resolve('./read-typescript.js')];
  return nativeSpawn(command, [...args.slice(0, at), ...reader, source, ...args.slice(at + 1)], options);
}

function isMissing(file) {
  return file.endsWith('.js') && !existsSync(file) && existsSync(file.replace(/\.js$/, '.ts'));
}

/** Errors of Node and of addons are errors in a test's realm, too. */
function acceptOuterErrors(InnerError) {
  const isInstance = Function.prototype[Symbol.hasInstance];
  Object.defineProperty(InnerError, Symbol.hasInstance, {
    value(error) {
      return isInstance.call(this, error) || (this === InnerError && error instanceof Error);
    },
  });
}

/**
 * Node as programs find it. In Jest's own environment a native addon's arrays and errors are not `instanceof` the test's,
 * and a worker thread or process cannot be started from a TypeScript source (the `.js` lies beside the compiled code only).
 */
module.exports = class NodeTestEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of REALM_BOUND) this.global[name] = globalThis[name];
    acceptOuterErrors(this.global.Error);
  }

  async setup() {
    await super.setup();
    workerThreads.Worker = SourceWorker;
    childProcess.spawn = spawnSource;
  }

  async teardown() {
    workerThreads.Worker = NativeWorker;
    childProcess.spawn = nativeSpawn;
    await super.teardown();
  }
};
