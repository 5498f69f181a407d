#!/usr/bin/env -S node --max-semi-space-size=3 --no-allocation-site-pretenuring
import { createProgram } from './cli/program';
import { exitNow } from './cli/exit-now';
import { runProgram } from './cli/run-program';

// The two flags above keep memory small and flat (npm run bench:runtime): a request's objects die young, so three megabytes
// for them are enough, and V8 must not conclude from a burst that they should be made where the old ones are.

// Serving ends with everything closed; what a library still holds open must not keep the process.
void runProgram(createProgram(), process.argv).then(exitNow);
