import { Duration } from 'cdk8s';
import { refuse, requireInstance, requireInteger } from '../private/checks';
import { ScalingSignal } from './scaling-signal';

export interface ReplicasBetweenOptions {
  /**
   * Signals of the autoscaler. With several, the one that needs the most replicas wins.
   *
   * @default [ScalingSignal.cpu()]
   */
  readonly signals?: readonly ScalingSignal[];
  /**
   * How long fewer replicas must have sufficed before one is removed.
   *
   * @default Duration.minutes(5)
   */
  readonly scaleDownAfter?: Duration;
  /**
   * Time between the removal of two replicas, in which streams of the first finish or reconnect.
   *
   * @default Duration.minutes(1)
   */
  readonly scaleDownEvery?: Duration;
}

/**
 * Number of pods: fixed, or a range for an autoscaler.
 *
 * @example
 * Replicas.fixed(4);
 * Replicas.between(2, 8, { signals: [ScalingSignal.cpu({ utilization: 60 })] });
 */
export class Replicas {
  static fixed(count: number): Replicas {
    requireInteger('Replicas.fixed', 'count', count, 1, 1000);
    return new Replicas(count, count);
  }

  static between(min: number, max: number, options: ReplicasBetweenOptions = {}): Replicas {
    requireInteger('Replicas.between', 'min', min, 0, 1000);
    requireInteger('Replicas.between', 'max', max, 1, 1000);
    if (max <= min) {
      refuse(
        'Replicas.between',
        'max',
        max,
        `above min (${min}): an autoscaler needs room; for a fixed number use Replicas.fixed(${min})`,
      );
    }
    const signals = options.signals ?? [ScalingSignal.cpu()];
    if (signals.length === 0) refuse('Replicas.between', 'signals', signals, 'at least one ScalingSignal');
    for (const signal of signals) {
      requireInstance('Replicas.between', 'signals', signal, ScalingSignal, 'ScalingSignal.cpu()');
    }
    if (
      min === 0 &&
      !signals.some(({ _settings }) => _settings.kind === 'keda' && _settings.query !== undefined)
    ) {
      refuse(
        'Replicas.between',
        'min',
        min,
        'at least 1, or 0 with a ScalingSignal.query: without pods no other signal has a value',
      );
    }
    const adapters = new Set(
      signals.map(({ _settings: { kind } }) => kind).filter((kind) => kind !== 'resource'),
    );
    if (adapters.size > 1) {
      refuse(
        'Replicas.between',
        'signals',
        signals.map(String).join(', '),
        'served by one autoscaler: KEDA makes its own, so take either ScalingSignal.queueTime or .podsMetric',
      );
    }
    const after = options.scaleDownAfter ?? Duration.minutes(5);
    const every = options.scaleDownEvery ?? Duration.minutes(1);
    requireInteger('Replicas.between', 'scaleDownAfter', after.toSeconds(), 0, 3600);
    requireInteger('Replicas.between', 'scaleDownEvery', every.toSeconds(), 1, 1800);
    return new Replicas(min, max, signals, after, every);
  }

  private constructor(
    readonly min: number,
    readonly max: number,
    readonly signals: readonly ScalingSignal[] = [],
    readonly scaleDownAfter = Duration.minutes(5),
    readonly scaleDownEvery = Duration.minutes(1),
  ) {}

  /** Whether an autoscaler sets the number. */
  get autoscaled(): boolean {
    return this.max > this.min;
  }

  toString(): string {
    return this.autoscaled ? `Replicas.between(${this.min}, ${this.max})` : `Replicas.fixed(${this.min})`;
  }
}
