import { Registry } from 'prom-client';
import { HotHistogram } from '../../../runtime/observability/hot-histogram';

describe('HotHistogram', () => {
  it('is exposed as a Prometheus histogram with cumulated buckets', async () => {
    const registry = new Registry();
    const histogram = new HotHistogram(registry, {
      name: 'x_seconds',
      help: 'X',
      type: 'histogram',
      buckets: [1, 2],
    });
    const series = histogram.labels({ pipeline: 'p' });
    for (const value of [0.5, 1, 1.5, 9]) series.observe(value);
    expect(await registry.metrics()).toBe(
      [
        '# HELP x_seconds X',
        '# TYPE x_seconds histogram',
        'x_seconds_bucket{pipeline="p",le="1"} 2',
        'x_seconds_bucket{pipeline="p",le="2"} 3',
        'x_seconds_bucket{pipeline="p",le="+Inf"} 4',
        'x_seconds_sum{pipeline="p"} 12',
        'x_seconds_count{pipeline="p"} 4',
        '',
      ].join('\n'),
    );
  });

  it('is exposed as a summary without quantiles', async () => {
    const registry = new Registry();
    new HotHistogram(registry, { name: 'y_seconds', help: 'Y', type: 'summary' }).labels({}).observe(2);
    expect(await registry.metrics()).toContain(
      '# TYPE y_seconds summary\ny_seconds_sum 2\ny_seconds_count 1\n',
    );
  });

  it('keeps one series for the same labels', () => {
    const histogram = new HotHistogram(new Registry(), { name: 'z', help: 'Z', type: 'summary' });
    expect(histogram.labels({ a: '1' })).toBe(histogram.labels({ a: '1' }));
  });
});
