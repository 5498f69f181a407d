import { App, Chart, Testing } from 'cdk8s';
import { StackNamespace } from '../../constructs';

/** An object as it was synthesized; tests look into it by path. */
export interface Synthesized {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** The objects of a chart that `build` fills, in a namespace `ml`. */
export function synthesize(build: (ml: StackNamespace, chart: Chart) => void): Synthesized[] {
  const chart = new Chart(new App(), 'test');
  build(new StackNamespace(chart, 'ml'), chart);
  return Testing.synth(chart) as Synthesized[];
}

/** The one object of this kind and name. */
export function find(objects: readonly Synthesized[], kind: string, name: string): Synthesized {
  const found = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  if (found.length === 1) return found[0];
  const names = objects.map((object) => `${object.kind}/${object.metadata.name}`).join(', ');
  throw new Error(`${found.length} × ${kind}/${name} among ${names}`);
}

/** A value by its path: `spec.template.spec.containers.0.args`. */
export function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}
