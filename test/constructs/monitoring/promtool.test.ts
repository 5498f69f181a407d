import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { CONFIG_PATH } from '../../../constructs/monitoring/prometheus-config';
import { alertRules } from '../../../constructs/monitoring/rules/alert-rules';
import { RECORDING_RULES } from '../../../constructs/monitoring/rules/recording-rules';
import { scopedRules } from '../../../constructs/monitoring/rules/scoped-rules';
import { queueTimeQuery } from '../../../constructs/scaling/horizontal-autoscaler';
import { everyOption } from '../../fixtures/every-option';
import { type RuleGroup } from '../../../constructs';
import { describeWith } from '../../fixtures/tools';
import { find, synthesize } from '../../fixtures/synthesize';
import { ALARM_NAMES, ruleTests } from './rule-tests';

const groups = [RECORDING_RULES, alertRules()];

it('has a test for every alarm', () => {
  const alarms = alertRules().rules.flatMap((rule) => ('alert' in rule ? [rule.alert] : []));
  expect(alarms.sort()).toEqual([...ALARM_NAMES].sort());
});

describeWith('promtool', 'what Prometheus says', (promtool) => {
  const folder = mkdtempSync(join(tmpdir(), 'promtool-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function write(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  it('finds the generated configuration and its rules in order', () => {
    const config = find(synthesize(everyOption), 'ConfigMap', 'monitoring-prometheus-config');
    const data = (config as unknown as { data: Record<string, string> }).data;
    write('rules.yaml', data['rules.yaml'] ?? '');
    const path = write('prometheus.yaml', (data['prometheus.yaml'] ?? '').replaceAll(CONFIG_PATH, folder));
    const said = execFileSync(promtool, ['check', 'config', '--lint=all', '--lint-fatal', path], {
      encoding: 'utf8',
    });
    expect(said).toContain('is valid prometheus config file syntax');
    expect(said).toMatch(/SUCCESS: \d+ rules found/);
  });

  it.each([
    ['as they are', groups],
    ['scoped to a namespace', scopedRules(groups, { scrapeSeconds: 15, namespaces: ['ml', 'agents'] })],
  ])('raises each alarm on the series that deserve it, and on no others: rules %s', (_title, rules) => {
    write('rules.yaml', stringify({ groups: rules.map(withoutTexts) }));
    const path = write(
      'tests.yaml',
      stringify({ rule_files: ['rules.yaml'], evaluation_interval: '1m', tests: ruleTests() }),
    );
    const { status, stdout, stderr } = spawnSync(promtool, ['test', 'rules', path], { encoding: 'utf8' });
    expect(`${stdout}${stderr}`).toContain('SUCCESS');
    expect(status).toBe(0);
  });
});

/** Pods as their controllers name them, by the mean time in their queues in milliseconds. */
const QUEUES: Readonly<Record<string, number>> = {
  'fall-7c9d8-abcde': 1,
  'fall-b-5f6d7-xyzxy': 500,
  'fall-7c9d8-5f6d7-xyzxy': 700,
  'fall-b-0': 900,
  'fall-canary-gpu-5f6d7-xyzxy': 600,
  'my-fall-5f6d7-xyzxy': 800,
  'box-0': 3,
  'box-12': 3,
  'box-b-0': 400,
  'box-5f6d7-xyzxy': 300,
};

describeWith('promtool', 'the signal of the time in the queue', (promtool) => {
  it('is that of the own pods, whatever the neighbours are called', () => {
    const folder = mkdtempSync(join(tmpdir(), 'queue-time-'));
    const series = Object.entries(QUEUES).flatMap(([pod, millis]) => [
      {
        series: `inference_queue_seconds_sum{pod="${pod}",namespace="ml"}`,
        values: `0+${(15 * millis) / 1000}x20`,
      },
      { series: `inference_queue_seconds_count{pod="${pod}",namespace="ml"}`, values: '0+15x20' },
    ]);
    const expected = [
      { expr: queueTimeQuery('ml', 'fall', 'Deployment'), value: 0.001 },
      { expr: queueTimeQuery('ml', 'box', 'StatefulSet'), value: 0.003 },
    ].map(({ expr, value }) => ({
      expr: `round(${expr}, 0.000001)`,
      eval_time: '3m',
      exp_samples: [{ labels: '{}', value }],
    }));
    const tests = [{ interval: '15s', input_series: series, promql_expr_test: expected }];
    writeFileSync(join(folder, 'test.yaml'), stringify({ evaluation_interval: '15s', tests }));
    const { stdout, stderr } = spawnSync(promtool, ['test', 'rules', join(folder, 'test.yaml')], {
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });
    expect(`${stdout}${stderr}`).toContain('SUCCESS');
  });
});

/** Annotations are texts for people; compared here they would only be written twice. */
function withoutTexts({ name, rules }: RuleGroup): object {
  return { name, rules: rules.map((rule) => ('alert' in rule ? { ...rule, annotations: {} } : rule)) };
}
