#!/usr/bin/env node
import { createProgram } from './cli/program';
import { runProgram } from './cli/run-program';

// Serving ends with everything closed; what a library still holds open must not keep the process.
void runProgram(createProgram(), process.argv).then((code) => process.exit(code));
