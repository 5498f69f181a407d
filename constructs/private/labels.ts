import { type Construct } from 'constructs';
import { resourceName } from './names';

/** Kind of a workload: the value of `app.kubernetes.io/name`. */
export type AppName =
  | 'inference-server'
  | 'component-repository'
  | 'mongodb'
  | 'envoy'
  | 'prometheus'
  | 'grafana'
  | 'node-exporter'
  | 'dcgm-exporter'
  | 'nvidia-device-plugin'
  | 'nvidia-mps-control'
  | 'benchmark';

export type Labels = Readonly<Record<string, string>>;

/** Selectors cannot be changed on a cluster, so they hold nothing that changes with a release. */
export function selectorLabels(app: AppName, instance: string): Labels {
  return { 'app.kubernetes.io/name': app, 'app.kubernetes.io/instance': instance };
}

export function objectLabels(app: AppName, instance: string): Labels {
  return {
    ...selectorLabels(app, instance),
    'app.kubernetes.io/part-of': 'modular-inference-stack',
    'app.kubernetes.io/managed-by': 'cdk8s',
  };
}

/** Name, labels and selector of a workload's objects. */
export interface Identity {
  readonly app: AppName;
  readonly name: string;
  readonly selector: Record<string, string>;
  readonly labels: Record<string, string>;
}

export function identify(construct: Construct, app: AppName): Identity {
  const name = resourceName(construct);
  return { app, name, selector: { ...selectorLabels(app, name) }, labels: { ...objectLabels(app, name) } };
}
