import { Peer } from '../network/peer';
import { requireInstance } from '../private/checks';
import { portOf, requireUrl } from '../private/urls';

export interface AlertmanagerOptions {
  /** Where it is, for the NetworkPolicy of Prometheus. */
  readonly peer: Peer;
}

/** An Alertmanager that Prometheus sends alerts to. */
export class Alertmanager {
  /** @param url e.g. `http://alertmanager.monitoring:9093` */
  static at(url: string, { peer }: AlertmanagerOptions): Alertmanager {
    const parsed = requireUrl('Alertmanager.at', 'url', url, 'http://alertmanager.monitoring:9093');
    requireInstance('Alertmanager.at', 'peer', peer, Peer, "Peer.namespace('monitoring')");
    return new Alertmanager(parsed, peer);
  }

  private constructor(
    private readonly url: URL,
    /** @internal */
    readonly _peer: Peer,
  ) {}

  /** @internal */
  get _port(): number {
    return portOf(this.url);
  }

  /** @internal */
  _toConfig(): object {
    const { protocol, hostname, pathname } = this.url;
    return {
      ...(protocol === 'https:' && { scheme: 'https' }),
      ...(pathname !== '/' && { path_prefix: pathname }),
      static_configs: [{ targets: [`${hostname}:${this._port}`] }],
    };
  }
}
