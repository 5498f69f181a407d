import { type Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';

export interface ProbeTimes {
  readonly period: number;
  readonly timeout: number;
  readonly failures: number;
}

export function grpcProbe(port: number, service: string, times: ProbeTimes): k8s.Probe {
  return { grpc: { port, service }, ...rendered(times) };
}

export function httpProbe(port: string, path: string, times: ProbeTimes, tls = false): k8s.Probe {
  const scheme = tls ? 'HTTPS' : undefined;
  return { httpGet: { port: k8s.IntOrString.fromString(port), path, scheme }, ...rendered(times) };
}

export function tcpProbe(port: string, times: ProbeTimes): k8s.Probe {
  return { tcpSocket: { port: k8s.IntOrString.fromString(port) }, ...rendered(times) };
}

export function execProbe(command: readonly string[], times: ProbeTimes): k8s.Probe {
  return { exec: { command: [...command] }, ...rendered(times) };
}

/** Times of a startup probe that gives up after `limit`. */
export function startupTimes(limit: Duration): ProbeTimes {
  const period = 2;
  return { period, timeout: 5, failures: Math.max(1, Math.ceil(limit.toSeconds() / period)) };
}

function rendered({ period, timeout, failures }: ProbeTimes): k8s.Probe {
  return { periodSeconds: period, timeoutSeconds: timeout, failureThreshold: failures };
}
