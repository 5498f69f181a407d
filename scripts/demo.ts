import { Command } from 'commander';
import { runProgram } from '../contracts/program/run-program';
import { UsageError } from '../contracts/program/usage-error';
import { type DemoOptions } from './demo/demo-options';
import { runFallDetectionDemo } from './demo/fall-detection';
import { runScratchDetectionDemo } from './demo/scratch-detection';

// npm run demo — the main job on real data. With `-- --keep` it goes on serving.

const DEMOS: Readonly<Record<string, (options: DemoOptions) => Promise<void>>> = {
  'fall-detection': runFallDetectionDemo,
  'scratch-detection': runScratchDetectionDemo,
};

const program = new Command('demo')
  .argument('[use-case]', Object.keys(DEMOS).join(' or '), 'fall-detection')
  .option('--keep', 'go on serving at the end')
  .option('--repository <url>', 'fetch the components from this repository, as on an empty machine')
  .option('--components <dir>', 'where fetched components are kept')
  .action(async (name: string, options: DemoOptions) => {
    if (!Object.hasOwn(DEMOS, name)) {
      throw new UsageError(`there is no demo '${name}'; there are ${Object.keys(DEMOS).join(', ')}`);
    }
    await DEMOS[name](options);
  });

void runProgram(program, process.argv).then((code) => process.exit(code));
