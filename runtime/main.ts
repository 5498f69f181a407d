#!/usr/bin/env -S node --max-semi-space-size=3 --no-allocation-site-pretenuring --initial-old-space-size=40
import './cli/limited-heap';
import { setFlagsFromString } from 'node:v8';
import { createProgram } from './cli/program';
import { exitNow } from './cli/exit-now';
import { runProgram } from '../contracts/program/run-program';

// The flags keep memory small and flat (npm run bench:runtime, npm run soak). A request's objects die young: three
// megabytes for them are enough, and no burst may make V8 allocate them in the old generation. That is collected at 40 MB,
// and then whenever it has grown by a fifth; by default V8 lets it grow to three times what is in use. The last flag is set
// here because some systems cut the first line off at 127 characters.
setFlagsFromString('--heap-growing-percent=20');

// Serving ends with everything closed; what a library still holds open must not keep the process.
void runProgram(createProgram(), process.argv).then(exitNow);
