import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { ContainerImage } from '../images';
import { CHECKSUM_ANNOTATION } from '../private/checksum';
import { type ConfigFiles } from '../private/config-files';
import { type Identity } from '../private/labels';
import { podBasics } from '../private/pod-basics';
import { httpProbe } from '../private/probes';
import { restrictedContainer, USERS } from '../private/security';
import { containerPorts, type Port } from '../private/service-objects';
import { emptyDirVolume, readOnlyMount } from '../private/volumes';
import { toSpread } from '../workload/placement';
import { type Resources } from '../workload/resources';
import { type EnvoyLoadBalancerProps } from './envoy-load-balancer-props';
import { CLIENT_CA_PATH, TLS_PATH } from './listener-tls';

export const CONFIG_FILE = 'envoy.yaml';
const CONFIG_PATH = '/etc/envoy/config';
/** Seconds beyond the drain before Kubernetes ends the pod. */
const CLOSE_SECONDS = 15;

export interface EnvoyPod {
  readonly identity: Identity;
  readonly props: EnvoyLoadBalancerProps;
  readonly config: ConfigFiles;
  readonly resources: Resources;
  readonly ports: readonly Port[];
  readonly adminPort: number;
  readonly drainSeconds: number;
}

export function renderEnvoyPod(scope: Construct, pod: EnvoyPod): k8s.PodTemplateSpec {
  const { identity, props, config, drainSeconds } = pod;
  return {
    // Envoy reads its file once.
    metadata: { labels: identity.labels, annotations: { [CHECKSUM_ANNOTATION]: config.checksum } },
    spec: {
      ...podBasics(scope, USERS.envoy, props),
      terminationGracePeriodSeconds: drainSeconds + CLOSE_SECONDS,
      topologySpreadConstraints: toSpread(identity.selector, false),
      containers: [envoyContainer(scope, pod)],
      volumes: [
        config.volume('config'),
        emptyDirVolume('tmp'),
        ...(props.tls ? [{ name: 'tls', secret: { secretName: props.tls.secret } }] : []),
        ...(props.tls?.clientCa === undefined
          ? []
          : [
              {
                name: 'client-ca',
                secret: { secretName: props.tls.clientCa, items: [{ key: 'ca.crt', path: 'ca.crt' }] },
              },
            ]),
      ],
    },
  };
}

function envoyContainer(
  scope: Construct,
  { props, resources, ports, adminPort, drainSeconds }: EnvoyPod,
): k8s.Container {
  const concurrency = Math.max(1, Math.ceil(resources.cpus));
  return {
    name: 'envoy',
    image: (props.image ?? ContainerImage.pinned(scope, 'envoy')).reference,
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
      ...(props.tls ? [readOnlyMount('tls', TLS_PATH)] : []),
      ...(props.tls?.clientCa === undefined ? [] : [readOnlyMount('client-ca', CLIENT_CA_PATH)]),
    ],
  };
}

/**
 * Tells Envoy to send its clients away and waits for them. By bash alone: the administration takes only POST, which a hook of
 * Kubernetes cannot do, and the image has no HTTP client. Only the listener for streams is drained: probes and metrics go on.
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
