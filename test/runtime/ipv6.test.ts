import { networkInterfaces } from 'node:os';
import { InferenceClient } from '../../runtime/client';
import { checkHealth } from '../fixtures/check-health';
import { FALL } from '../fixtures/fall-detection-windows';
import { recordingLog } from '../fixtures/recording-log';
import { FALL_DETECTION, startServer } from '../fixtures/start-server';

const hasIpv6 = Object.values(networkInterfaces()).some((found) =>
  found?.some(({ address }) => address === '::1'),
);
const withIpv6 = hasIpv6 ? it : it.skip;
if (!hasIpv6) process.stderr.write('skipped: this machine has no IPv6 loopback address\n');

describe('a server on IPv6', () => {
  withIpv6.each(['[::1]', '[::]'])(
    'listens on %s for gRPC and HTTP, and names its addresses with brackets',
    async (host) => {
      const recorded = recordingLog();
      const { server, grpc, http } = await startServer(
        [FALL_DETECTION],
        { grpc: `${host}:0`, http: `${host}:0` },
        recorded.log,
      );
      const named = new RegExp(`^\\[${host.slice(1, -1)}\\]:\\d+$`);
      expect([grpc, http]).toEqual([expect.stringMatching(named), expect.stringMatching(named)]);
      expect(recorded.of('ready')).toMatchObject([{ grpc, http }]);

      const address = grpc.replace('[::]', '[::1]');
      expect(await checkHealth(address, '')).toBe('SERVING');
      expect((await fetch(`http://${http.replace('[::]', '[::1]')}/readyz`)).status).toBe(200);
      const client = new InferenceClient({ address });
      const { prediction } = await client.predict({ array: FALL.window });
      expect(prediction.data[0]).toBeCloseTo(FALL.confidence, 5);
      client.close();
      await server.stop();
      expect(recorded.of('stream opened')).toMatchObject([
        { peer: expect.stringMatching(/^\[::1\]:\d+$/) as string },
      ]);
    },
  );

  withIpv6('says which address is taken, with brackets', async () => {
    const { server, grpc } = await startServer([FALL_DETECTION], { grpc: '[::1]:0' });
    await expect(startServer([FALL_DETECTION], { grpc })).rejects.toThrow(
      `--grpc: cannot listen on ${grpc}: the port is in use`,
    );
    await server.stop();
  });
});
