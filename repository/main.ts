#!/usr/bin/env node
import { runRepository } from './command-line';

// Serving ends with everything closed; what a library still holds open must not keep the process.
void runRepository(process.argv.slice(2)).then((code) => process.exit(code));
