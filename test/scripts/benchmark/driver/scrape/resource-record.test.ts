import { ResourceRecord } from '../../../../../scripts/benchmark/driver/scrape/resource-sampler';

describe('ResourceRecord', () => {
  it('makes means of counters, the largest memory, and what was used between two looks', () => {
    const record = new ResourceRecord('runtime');
    record.add(0, { cpuSeconds: 10, memoryBytes: 100, batchRows: 5, batchRuns: 5 });
    record.add(1, { cpuSeconds: 10.5, memoryBytes: 300, batchRows: 25, batchRuns: 10 });
    record.add(3, { cpuSeconds: 12, memoryBytes: 200, batchRows: 45, batchRuns: 15 });
    expect(record.toResourceUse()).toEqual({
      target: 'runtime',
      cpuCores: 2 / 3,
      memoryBytes: 300,
      receivedBytesPerSecond: null,
      sentBytesPerSecond: null,
      gpuUtilization: null,
      meanBatchSize: 4,
      samples: [
        { at: 0, cpuCores: null, memoryBytes: 100 },
        { at: 1, cpuCores: 0.5, memoryBytes: 300 },
        { at: 3, cpuCores: 0.75, memoryBytes: 200 },
      ],
    });
  });

  it('leaves out the step in which a process began anew', () => {
    const record = new ResourceRecord('runtime');
    record.add(0, { cpuSeconds: 50 });
    record.add(1, { cpuSeconds: 0.1 });
    record.add(2, { cpuSeconds: 0.6 });
    expect(record.toResourceUse()).toMatchObject({
      cpuCores: 0.5,
      samples: [{}, { cpuCores: null }, { cpuCores: 0.5 }],
    });
  });

  it('tells nothing of what was looked at once but its memory, and nothing at all of what never was', () => {
    const record = new ResourceRecord('envoy');
    expect(record.toResourceUse()).toBeUndefined();
    record.add(0, { cpuSeconds: 50, memoryBytes: 7, gpuUtilization: 0.5 });
    expect(record.toResourceUse()).toMatchObject({ cpuCores: null, memoryBytes: 7, gpuUtilization: 0.5 });
  });
});
