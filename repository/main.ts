#!/usr/bin/env node
import { runProgram } from '../contracts/program/run-program';
import { createProgram } from './command-line';

// Serving ends with everything closed; what a library still holds open must not keep the process.
void runProgram(createProgram(), process.argv).then((code) => process.exit(code));
