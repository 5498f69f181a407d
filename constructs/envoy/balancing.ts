import { type Extension } from './api-types';

/**
 * How a server is chosen for each stream. All messages of a stream go to one server; new servers get new streams only.
 */
export class Balancing {
  /** The server with the fewest open streams; best for streams of different length and weight. */
  static leastRequest(): Balancing {
    return new Balancing('least-request');
  }

  /** One server after the other, as in the published experiments. Each of Envoy's threads keeps its own order. */
  static roundRobin(): Balancing {
    return new Balancing('round-robin');
  }

  private constructor(private readonly policy: 'least-request' | 'round-robin') {}

  /** @internal */
  _toEnvoy(): Extension {
    if (this.policy === 'round-robin') {
      return {
        name: 'envoy.load_balancing_policies.round_robin',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin',
        },
      };
    }
    return {
      name: 'envoy.load_balancing_policies.least_request',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest',
        // With few servers, compare all of them instead of two random ones.
        selection_method: 'FULL_SCAN',
      },
    };
  }
}
