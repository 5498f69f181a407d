import { FALL_DETECTION, startServer } from '../../fixtures/start-server';
import { recordingLog } from '../../fixtures/recording-log';

async function statusOf(address: string | undefined, path: string): Promise<number> {
  return (await fetch(`http://${address}${path}`)).status;
}

describe('the addresses of health and metrics', () => {
  it('are one unless metrics have their own', async () => {
    const { server, http, metrics } = await startServer([FALL_DETECTION]);
    expect(metrics).toBeUndefined();
    for (const path of ['/', '/metrics', '/healthz', '/readyz']) expect(await statusOf(http, path)).toBe(200);
    await server.stop();
  });

  it('are two when metrics have their own, and each answers only for itself', async () => {
    const recorded = recordingLog();
    const { server, http, metrics } = await startServer(
      [FALL_DETECTION],
      { metrics: '127.0.0.1:0' },
      recorded.log,
    );
    expect(recorded.of('ready')).toMatchObject([{ http, metrics }]);
    for (const path of ['/', '/metrics']) {
      expect([await statusOf(http, path), await statusOf(metrics, path)]).toEqual([404, 200]);
    }
    for (const path of ['/healthz', '/readyz']) {
      expect([await statusOf(http, path), await statusOf(metrics, path)]).toEqual([200, 404]);
    }
    expect(await (await fetch(`http://${metrics}/metrics`)).text()).toContain('inference_requests_total');
    await server.stop();
    await expect(statusOf(metrics, '/metrics')).rejects.toThrow();
  });

  it('are named when they cannot be had', async () => {
    const { server, http } = await startServer([FALL_DETECTION]);
    await expect(startServer([FALL_DETECTION], { metrics: http })).rejects.toThrow(
      `--metrics: cannot listen on ${http}: the port is in use`,
    );
    await server.stop();
  });
});
