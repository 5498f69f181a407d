import { runProgram } from '../../../contracts/program/run-program';
import { createExperimentsProgram } from './experiments-program';

// npm run bench:experiments [-- --quick]

void runProgram(createExperimentsProgram(), process.argv).then((code) => process.exit(code));
