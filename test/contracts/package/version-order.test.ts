import { compareVersions, newestRelease } from '../../../contracts/package/version-order';

describe('compareVersions', () => {
  it('orders as SemVer says, with texts that are no versions first', () => {
    const ordered = [
      '2024-05-01',
      'latest',
      'pilot-2-2',
      'pilot-2-10',
      'test',
      '0.9.9',
      '1.0.0-0',
      '1.0.0-7',
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      'v1.0.1',
      '1.9.0',
      '1.10.0',
      '2',
      '2.1',
      '2.1.1+20240501',
      '10.0.0-SNAPSHOT',
      '10.0.0',
    ];
    expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
  });

  it('orders what SemVer holds for equal in one way only', () => {
    expect(compareVersions('1.0.0+a', '1.0.0+b')).toBeLessThan(0);
    expect(compareVersions('1.0.0', '1.0.0')).toBe(0);
    expect(compareVersions('1', '1.0.0')).toBe(-compareVersions('1.0.0', '1'));
  });
});

describe('newestRelease', () => {
  it.each([
    [['1.9.0', '1.10.0', '2.0.0-beta.1', '2.0.0'], '2.0.0'],
    [['2.0.0', '2.0.0-rc.1'], '2.0.0'],
    [['2.0.0-rc.1', '1.0.0', '2.0.0-rc.2'], '1.0.0'],
    [['2.0.1-alpha', '2.0.0', '2.0.0+build.7'], '2.0.0+build.7'],
    [['1.2.3-2', '1.2.2'], '1.2.2'],
    [['latest', 'test', '0.0.1'], '0.0.1'],
    [['2024-05-01', '2024-12-01', '2024-11-30'], '2024-12-01'],
    [['2024.05.01', '2024.12.1'], '2024.12.1'],
    [['pilot-2-2', 'pilot-10-1', 'pilot-9-9'], 'pilot-10-1'],
    [['1', '2', '10'], '10'],
    [['v1.1', '1.0'], 'v1.1'],
    [['3-rc1', '2'], '2'],
    [['99999999999999999999.0.0', '1.0.0'], '1.0.0'],
    [['1.0.0-rc.1', 'test'], undefined],
    [[], undefined],
  ])('of %j is %s', (versions, newest) => {
    expect(newestRelease(versions)).toBe(newest);
    expect(newestRelease([...versions].reverse())).toBe(newest);
  });
});
