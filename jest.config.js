/** Packages that are ES modules, or import some: Node loads them as they are, Jest needs them as CommonJS. */
const ES_MODULES =
  'content-disposition|cookie|jose|@opentelemetry/otlp-exporter-base|vega-[\\w-]+|json-stringify-pretty-compact';
const toCommonJs = (syntax) => [
  '@swc/jest',
  { jsc: { parser: { syntax }, target: 'es2022' }, module: { type: 'commonjs' } },
];

// One seed for all random tests of a run, which its workers inherit (test/fixtures/seed.ts).
process.env.MIS_SEED ??= String(Math.floor(Math.random() * 2 ** 31));

/** Tests mirror the tree; integration tests use the real servers where the machine has them. */
module.exports = {
  testEnvironment: '<rootDir>/test/node-environment.js',
  setupFilesAfterEnv: ['<rootDir>/test/every-test.ts'],
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/lib/'],
  transform: {
    '^.+\\.ts$': toCommonJs('typescript'),
    [`/node_modules/(${ES_MODULES})/.+\\.js$`]: toCommonJs('ecmascript'),
  },
  transformIgnorePatterns: [`/node_modules/(?!(${ES_MODULES})/)`],
  // Vega depends on .mjs files, which Jest cannot convert: its bundle for browsers has them inside.
  moduleNameMapper: { '^vega$': '<rootDir>/node_modules/vega/build/vega.js' },
  maxWorkers: 2,
  testTimeout: 30_000,
  reporters: ['default', '<rootDir>/scripts/jest-count-reporter.js'],
};
