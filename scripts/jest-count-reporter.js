'use strict';
const { mkdirSync, writeFileSync } = require('node:fs');

/** The titles of skipped tests say `[no <tool>]`: describeWith and itWith of test/fixtures/tools.ts. */
const MISSING = /\[no ([^\]]+)\]/g;

/**
 * Ends a test run with `N passed, N failed, N skipped`, after a line that says which tools were missing for how many
 * tests, and leaves both for .ci/run. A failed run prints the seed of its random tests.
 */
module.exports = class CountReporter {
  constructor({ testNamePattern }) {
    this.isPartial = Boolean(testNamePattern);
  }

  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const why = skipped === 0 || this.isPartial ? '' : reasonsOf(results);
    const counts = { passed: results.numPassedTests, failed, skipped, why };
    mkdirSync('coverage', { recursive: true });
    writeFileSync('coverage/counts.json', JSON.stringify(counts));
    if (failed > 0) process.stdout.write(`repeat the random tests with MIS_SEED=${process.env.MIS_SEED}\n`);
    if (why !== '') process.stdout.write(`${why}\n`);
    process.stdout.write(`${counts.passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
};

/** Such as `skipped: 9 tests without Envoy, 4 tests without promtool`. */
function reasonsOf({ testResults }) {
  const counts = new Map();
  for (const { fullName, status } of testResults.flatMap((file) => file.testResults)) {
    if (status !== 'pending' && status !== 'todo') continue;
    const tools = new Set([...fullName.matchAll(MISSING)].map(([, tool]) => `without ${tool}`));
    for (const tool of tools.size > 0 ? tools : ['for no reason given']) {
      counts.set(tool, (counts.get(tool) ?? 0) + 1);
    }
  }
  const reasons = [...counts].map(([tool, count]) => `${count} ${count === 1 ? 'test' : 'tests'} ${tool}`);
  return `skipped: ${reasons.join(', ')}`;
}
