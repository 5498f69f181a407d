/** Packages that are ES modules, or import some: Node loads them as they are, Jest has to be handed CommonJS. */
const ES_MODULES = 'content-disposition|cookie|jose|@opentelemetry/otlp-exporter-base';
const toCommonJs = (syntax) => [
  '@swc/jest',
  { jsc: { parser: { syntax }, target: 'es2022' }, module: { type: 'commonjs' } },
];

/** Tests mirror the tree; integration tests use the real servers where the machine has them. */
module.exports = {
  testEnvironment: '<rootDir>/test/node-environment.js',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/lib/'],
  transform: {
    '^.+\\.ts$': toCommonJs('typescript'),
    [`/node_modules/(${ES_MODULES})/.+\\.js$`]: toCommonJs('ecmascript'),
  },
  transformIgnorePatterns: [`/node_modules/(?!(${ES_MODULES})/)`],
  maxWorkers: 2,
  testTimeout: 30_000,
  reporters: ['default', '<rootDir>/scripts/jest-count-reporter.js'],
};
