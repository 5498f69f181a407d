'use strict';
const { readFileSync } = require('node:fs');
const { transformSync } = require('@swc/core');

/** Lets `require` read TypeScript sources: in worker threads that tests start, and in scripts run from the sources. */
require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    sourceMaps: 'inline',
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  module._compile(code, filename);
};
