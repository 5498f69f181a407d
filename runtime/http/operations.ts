import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type CertificateFiles } from '../access/certificate-files';
import { type Binding } from '../binding';
import { type Address } from '../../contracts/values/address';
import { type Lifecycle } from '../serving/lifecycle';
import { type Logger } from '../../contracts/program/logger';
import { type Metrics } from '../observability/metrics';
import { createOperationsServer } from './operations-server';

export interface OperationsOptions {
  /** Address of health, and of the metrics unless `metrics` is given. */
  readonly http: Address;
  readonly metrics?: Address;
  /** TLS on both. */
  readonly certificates?: CertificateFiles;
}

/** Health and metrics over HTTP, on one address or on two. */
export class Operations {
  readonly bindings: readonly Binding[];
  private readonly servers: readonly Server[];

  constructor(
    { http, metrics: metricsAddress, certificates }: OperationsOptions,
    metrics: Metrics,
    lifecycle: Lifecycle,
    log: Logger,
  ) {
    const health = createOperationsServer(
      { lifecycle, ...(metricsAddress === undefined && { metrics }) },
      log,
      certificates,
    );
    const own = metricsAddress && createOperationsServer({ metrics }, log, certificates);
    this.servers = own === undefined ? [health] : [health, own];
    this.bindings = [
      { option: '--http', address: http, listen: () => listen(health, http) },
      ...(own
        ? [{ option: '--metrics', address: metricsAddress, listen: () => listen(own, metricsAddress) }]
        : []),
    ];
  }

  async close(): Promise<void> {
    for (const server of this.servers) {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
  }
}

function listen(server: Server, { host, port }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
