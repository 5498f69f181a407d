'use strict';
const { mkdirSync, writeFileSync } = require('node:fs');

/** Ends a test run with `N passed, N failed` on a line of its own, and leaves the counts for .ci/run. */
module.exports = class CountReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const counts = { passed: results.numPassedTests, failed, skipped };
    mkdirSync('coverage', { recursive: true });
    writeFileSync('coverage/counts.json', JSON.stringify(counts));
    process.stdout.write(`${counts.passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
};
