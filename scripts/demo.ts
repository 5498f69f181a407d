import { runFallDetectionDemo } from './demo/fall-detection';

// npm run demo — the main job on real data. With `-- --keep` it goes on serving.

const DEMOS: Readonly<Record<string, (options: { keep: boolean }) => Promise<void>>> = {
  'fall-detection': runFallDetectionDemo,
};

async function main(args: readonly string[]): Promise<number> {
  const keep = args.includes('--keep');
  const [name = 'fall-detection', ...rest] = args.filter((arg) => arg !== '--keep');
  if (!Object.hasOwn(DEMOS, name) || rest.length > 0) {
    process.stderr.write(
      `usage: npm run demo -- [${Object.keys(DEMOS).join('|')}] [--keep], got ${args.join(' ')}\n`,
    );
    return 2;
  }
  await DEMOS[name]({ keep });
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
