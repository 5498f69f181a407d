#!/usr/bin/env node
import { runProgram } from '../../contracts/program/run-program';
import { createProgram } from './program';

void runProgram(createProgram(), process.argv).then((code) => process.exit(code));
