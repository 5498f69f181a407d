import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { type ConfigFiles } from '../private/config-files';
import { type Identity } from '../private/labels';
import { podBasics } from '../workload/pod-basics';
import { httpProbe } from '../private/probes';
import { restrictedContainer, USERS } from '../private/security';
import { containerPorts, type Port } from '../workload/service-objects';
import { emptyDirVolume, readOnlyMount } from '../private/volumes';
import { toSpread } from '../workload/placement';
import { type PodOptions } from '../workload/pod-options';
import { type Resources } from '../workload/resources';
import { type WorkloadPods } from '../workload/workload-objects';
import { CLIENT_CA_PATH, type ListenerTls, TLS_PATH } from './listener-tls';

export const CONFIG_FILE = 'envoy.yaml';
const CONFIG_PATH = '/etc/envoy/config';
/** Seconds after the drain before Kubernetes kills the pod. */
const CLOSE_SECONDS = 15;

export interface EnvoyPod {
  readonly identity: Identity;
  readonly image: string;
  readonly options: PodOptions;
  readonly tls?: ListenerTls;
  readonly config: ConfigFiles;
  readonly resources: Resources;
  readonly ports: readonly Port[];
  readonly adminPort: number;
  readonly drainSeconds: number;
}

export function envoyPods(scope: Construct, pod: EnvoyPod): WorkloadPods {
  const { identity, tls, config, drainSeconds } = pod;
  return {
    identity,
    options: pod.options,
    // Envoy reads its file once.
    checksum: config.checksum,
    spec: {
      ...podBasics(scope, USERS.envoy, pod.options),
      terminationGracePeriodSeconds: drainSeconds + CLOSE_SECONDS,
      topologySpreadConstraints: toSpread(identity.selector),
      containers: [envoyContainer(pod)],
      volumes: [
        config.volume('config'),
        emptyDirVolume('tmp'),
        ...(tls ? [{ name: 'tls', secret: { secretName: tls.secret } }] : []),
        ...(tls?.clientCa === undefined
          ? []
          : [
              {
                name: 'client-ca',
                secret: { secretName: tls.clientCa, items: [{ key: 'ca.crt', path: 'ca.crt' }] },
              },
            ]),
      ],
    },
  };
}

function envoyContainer({ image, tls, resources, ports, adminPort, drainSeconds }: EnvoyPod): k8s.Container {
  const concurrency = Math.max(1, Math.ceil(resources.cpus));
  return {
    name: 'envoy',
    image,
    imagePullPolicy: 'IfNotPresent',
    args: [
      ...['-c', `${CONFIG_PATH}/${CONFIG_FILE}`],
      ...['--concurrency', String(concurrency)],
      ...['--drain-time-s', String(drainSeconds), '--drain-strategy', 'immediate'],
      '--disable-hot-restart',
      ...['-l', 'info'],
    ],
    ports: containerPorts(ports),
    resources: resources._toKube(),
    securityContext: restrictedContainer(),
    startupProbe: httpProbe('metrics', '/ready', { period: 1, timeout: 2, failures: 60 }),
    readinessProbe: httpProbe('metrics', '/ready', { period: 5, timeout: 2, failures: 2 }),
    livenessProbe: httpProbe('metrics', '/ready', { period: 10, timeout: 5, failures: 6 }),
    lifecycle: { preStop: { exec: { command: ['bash', '-c', drainCommand(adminPort, drainSeconds)] } } },
    volumeMounts: [
      readOnlyMount('config', CONFIG_PATH),
      { name: 'tmp', mountPath: '/tmp' },
      ...(tls ? [readOnlyMount('tls', TLS_PATH)] : []),
      ...(tls?.clientCa === undefined ? [] : [readOnlyMount('client-ca', CLIENT_CA_PATH)]),
    ],
  };
}

/**
 * Drains Envoy's listener and waits for its clients. With bash alone: the administration accepts only POST, which a Kubernetes
 * hook cannot send, and the image has no HTTP client. Only the listener for streams is drained: probes and metrics go on.
 */
export function drainCommand(adminPort: number, drainSeconds: number): string {
  const request = [
    'POST /drain_listeners?graceful&inboundonly HTTP/1.1',
    'Host: localhost',
    'Content-Length: 0',
    'Connection: close',
  ];
  const text = `${request.join('\\r\\n')}\\r\\n\\r\\n`;
  return `exec 3<>/dev/tcp/127.0.0.1/${adminPort}; printf '${text}' >&3; cat <&3 >/dev/null; sleep ${drainSeconds}`;
}
