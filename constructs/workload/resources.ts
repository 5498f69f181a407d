import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { refuse, requireInstance } from '../private/checks';
import { sizeQuantity } from '../private/volumes';

export interface ResourcesBurstableOptions {
  /** Reserved for the pod. */
  readonly requests: { readonly cpu: Cpu; readonly memory: Size };
  /** Maximum that the pod may use. */
  readonly limits: { readonly cpu: Cpu; readonly memory: Size };
}

/**
 * CPU and memory of a container.
 *
 * @example
 * Resources.guaranteed(Cpu.units(4), Size.gibibytes(8));
 */
export class Resources {
  /**
   * Requests equal to limits (Guaranteed QoS). With whole CPUs, a node with the static CPU manager gives the container exclusive
   * cores, and no thread is throttled in the middle of a run.
   */
  static guaranteed(cpu: Cpu, memory: Size): Resources {
    return new Resources('Resources.guaranteed', cpu, memory, cpu, memory);
  }

  /** More than the requests while the node has it. */
  static burstable({ requests, limits }: ResourcesBurstableOptions): Resources {
    return new Resources('Resources.burstable', requests.cpu, requests.memory, limits.cpu, limits.memory);
  }

  private constructor(
    subject: string,
    readonly requestedCpu: Cpu,
    readonly requestedMemory: Size,
    readonly cpu: Cpu,
    readonly memory: Size,
  ) {
    for (const value of [requestedCpu, cpu]) {
      requireInstance(subject, 'cpu', value, Cpu, 'Cpu.units(2)');
      if (!(millis(value) >= 1)) refuse(subject, 'cpu', value.amount, 'at least Cpu.millis(1)');
    }
    for (const value of [requestedMemory, memory]) {
      requireInstance(subject, 'memory', value, Size, 'Size.gibibytes(2)');
      if (!(mebibytes(value) >= 4))
        refuse(subject, 'memory', `${mebibytes(value)} MiB`, 'at least Size.mebibytes(4)');
      // Manifests hold whole MiB.
      if (!Number.isInteger(mebibytes(value)))
        refuse(subject, 'memory', `${mebibytes(value)} MiB`, 'whole mebibytes');
    }
    if (millis(requestedCpu) > millis(cpu) || mebibytes(requestedMemory) > mebibytes(memory)) {
      refuse(
        subject,
        'requests',
        `${requestedCpu.amount} CPU, ${mebibytes(requestedMemory)} MiB`,
        'at most the limits',
      );
    }
  }

  /** CPUs of the limit, e.g. 0.5. */
  get cpus(): number {
    return millis(this.cpu) / 1000;
  }

  /** @internal */
  _toKube(): k8s.ResourceRequirements {
    const pair = (cpu: Cpu, memory: Size) => ({
      cpu: k8s.Quantity.fromString(cpu.amount),
      memory: sizeQuantity(memory),
    });
    return {
      requests: pair(this.requestedCpu, this.requestedMemory),
      limits: pair(this.cpu, this.memory),
    };
  }
}

function millis(cpu: Cpu): number {
  return cpu.amount.endsWith('m') ? Number(cpu.amount.slice(0, -1)) : Number(cpu.amount) * 1000;
}

function mebibytes(size: Size): number {
  return size.toKibibytes() / 1024;
}
