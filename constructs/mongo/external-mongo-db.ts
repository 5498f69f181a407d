import { type Construct } from 'constructs';
import { type Connections } from '../network/connections';
import { Peer } from '../network/peer';
import { NOT_SHOWN, refuse, requireInteger } from '../private/checks';
import { type Identity } from '../private/labels';
import { type BoundStore, type IComponentStore } from '../repository/component-store';
import { SecretKey } from '../workload/secret-key';

export interface ExternalMongoDbOptions {
  /** The Secret's key that holds the connection string, `mongodb://…` or `mongodb+srv://…`. */
  readonly uri: SecretKey;
  /**
   * Where the database is, for the NetworkPolicy.
   *
   * @default Peer.anywhere()
   */
  readonly peer?: Peer;
  /** @default 27017 */
  readonly port?: number;
}

/** An existing MongoDB. */
export class ExternalMongoDb implements IComponentStore {
  private readonly uri: SecretKey;
  private readonly peer: Peer;
  private readonly port: number;

  constructor({ uri, peer = Peer.anywhere(), port = 27017 }: ExternalMongoDbOptions) {
    if (!(uri instanceof SecretKey)) {
      // A connection string with a password must not appear in the message.
      refuse(
        'MongoDb.external',
        'uri',
        NOT_SHOWN,
        "a reference such as SecretKey.of('mongo', 'uri'), not the connection string",
      );
    }
    this.uri = uri;
    this.peer = peer;
    this.port = requireInteger('MongoDb.external', 'port', port, 1, 65535);
  }

  /** @internal */
  _bindStore(_repository: Construct, _identity: Identity, connections: Connections): BoundStore {
    connections.allowTo(this.peer, this.port);
    return { environment: { MIS_STORE: this.uri }, singleWriter: false };
  }
}
