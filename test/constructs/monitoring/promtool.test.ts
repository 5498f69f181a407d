import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { CONFIG_PATH } from '../../../constructs/monitoring/prometheus-config';
import { alertRules } from '../../../constructs/monitoring/rules/alert-rules';
import { RECORDING_RULES } from '../../../constructs/monitoring/rules/recording-rules';
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

  it('raises each alarm on the series that deserve it, and on no others', () => {
    write('rules.yaml', stringify({ groups: groups.map(withoutTexts) }));
    const path = write(
      'tests.yaml',
      stringify({ rule_files: ['rules.yaml'], evaluation_interval: '1m', tests: ruleTests() }),
    );
    const { status, stdout, stderr } = spawnSync(promtool, ['test', 'rules', path], { encoding: 'utf8' });
    expect(`${stdout}${stderr}`).toContain('SUCCESS');
    expect(status).toBe(0);
  });
});

/** Annotations are texts for people; compared here they would only be written twice. */
function withoutTexts({ name, rules }: RuleGroup): object {
  return { name, rules: rules.map((rule) => ('alert' in rule ? { ...rule, annotations: {} } : rule)) };
}
