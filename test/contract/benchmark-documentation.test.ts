import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROFILES } from '../../contracts/benchmark/profile-schema';
import { createProgram } from '../../scripts/benchmark/program';
import { measurement } from '../../contracts/benchmark/run-results';
import { ROOT } from '../fixtures/package';

const GUIDE = readFileSync(join(ROOT, 'docs/benchmark.md'), 'utf8');

describe('docs/benchmark.md', () => {
  it.each(Object.entries(PROFILES))('names every field of the profile %s', (name, schema) => {
    const missing = [name, ...Object.keys(schema.shape)].filter((field) => !GUIDE.includes(`\`${field}`));
    expect(missing).toEqual([]);
  });

  it('names every option of run', () => {
    const commands = createProgram().commands.filter((command) => command.name() === 'run');
    const options = commands.flatMap((command) => command.options.map(({ long }) => long ?? ''));
    expect(options.length).toBeGreaterThan(8);
    expect(options.filter((option) => !GUIDE.includes(`\`${option}`))).toEqual([]);
  });

  it('says what the figures of a measurement are', () => {
    const told = [
      'counts',
      'answersPerSecond',
      'fromDue',
      'fromSent',
      'perClient',
      'inFlight',
      'load',
      'seconds',
      'driver',
      'resources',
      'invalid',
    ];
    const own = [
      'deployment',
      'profile',
      'clients',
      'devices',
      'batch',
      'startedAt',
      'warmUpSeconds',
      'measuredSeconds',
    ];
    expect(Object.keys(measurement.shape).sort()).toEqual([...told, ...own].sort());
    expect(told.filter((figure) => !GUIDE.includes(`\`${figure}\``))).toEqual([]);
  });
});
