import { type k8s } from 'cdk8s-plus-27';
import { Peer } from '../network/peer';
import { NOT_SHOWN, refuse, requireInstance } from '../private/checks';
import { portOf, requireUrl } from '../private/urls';
import { SecretKey } from '../workload/secret-key';

export interface RemoteWriteOptions {
  /** Where the receiver is, for the NetworkPolicy of Prometheus. */
  readonly peer: Peer;
  /**
   * Bearer token.
   *
   * @default - none
   */
  readonly token?: SecretKey;
}

const PATH = '/etc/prometheus/remote-write';

/** A store that Prometheus sends its samples to. */
export class RemoteWrite {
  /** @param url e.g. `https://metrics.example/api/v1/write` */
  static to(url: string, { peer, token }: RemoteWriteOptions): RemoteWrite {
    const parsed = requireUrl('RemoteWrite.to', 'url', url, 'https://metrics.example/api/v1/write');
    if (parsed.password !== '')
      refuse('RemoteWrite.to', 'url', NOT_SHOWN, "a URL without a password; use 'token'");
    requireInstance('RemoteWrite.to', 'peer', peer, Peer, "Peer.network('192.0.2.0/24')");
    if (token !== undefined)
      requireInstance('RemoteWrite.to', 'token', token, SecretKey, "SecretKey.of('metrics', 'token')");
    return new RemoteWrite(url, portOf(parsed), peer, token);
  }

  private constructor(
    private readonly url: string,
    /** @internal */
    readonly _port: number,
    /** @internal */
    readonly _peer: Peer,
    private readonly token?: SecretKey,
  ) {}

  /** @internal */
  _toConfig(index: number): object {
    if (this.token === undefined) return { url: this.url };
    return { url: this.url, authorization: { credentials_file: `${PATH}/${index}/token` } };
  }

  /** @internal */
  _toVolume(index: number): { readonly volume: k8s.Volume; readonly path: string } | undefined {
    if (this.token === undefined) return undefined;
    const { secret, key } = this.token;
    const volume = {
      name: `remote-write-${index}`,
      secret: { secretName: secret, items: [{ key, path: 'token' }] },
    };
    return { volume, path: `${PATH}/${index}` };
  }
}
