import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceClient } from '../../runtime/client';
import { describeWith } from '../fixtures/tools';
import { FALL, NO_FALL } from '../fixtures/fall-detection-windows';

const PROJECT = join(__dirname, '../../dist/edge-docker/compose.yaml');

function docker(...command: string[]) {
  const { status, stdout, stderr } = spawnSync('docker', command, { encoding: 'utf8', timeout: 100_000 });
  return { status, stdout: stdout ?? '', stderr: stderr ?? '' };
}

/** Ports that are free, in place of those of a box that has nothing else on it. */
const FREE_PORTS = `services:
  server: { ports: !override ["127.0.0.1::50051", "127.0.0.1::9000"] }
  repository: { ports: !override ["127.0.0.1::9012"] }
`;

describeWith('Docker with the runtime image', 'dist/edge-docker on a real engine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'edge-'));
  const override = join(folder, 'override.yaml');
  const files = ['-p', `edge-test-${process.pid}`, '-f', PROJECT, '-f', override];
  const compose = (...command: string[]) =>
    docker('compose', ...files, '--profile', 'repository', ...command);
  const address = (service: string, port: number) => compose('port', service, String(port)).stdout.trim();

  beforeAll(() => {
    writeFileSync(override, FREE_PORTS);
    // node-exporter has the box's own ports.
    const { status, stderr } = compose('up', '--detach', '--wait', '--scale', 'node-exporter=0');
    if (status !== 0) throw new Error(stderr);
  }, 120_000);

  afterAll(() => {
    compose('down', '--volumes', '--timeout', '5');
    rmSync(folder, { recursive: true });
  }, 60_000);

  it('has nothing for compose to complain of', () => {
    const { status, stdout, stderr } = docker(
      'compose',
      '-f',
      PROJECT,
      '--profile',
      '*',
      'config',
      '--quiet',
    );
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('answers from the model that lies beside it', async () => {
    const client = new InferenceClient({ address: address('server', 50051), pipeline: 'fall-detection' });
    try {
      for (const { window, confidence } of [FALL, NO_FALL]) {
        const { prediction } = await client.predict({ array: window });
        expect(Number(prediction?.data[0])).toBeCloseTo(confidence, 4);
      }
    } finally {
      client.close();
    }
  });

  it('keeps components in a volume that the repository may write', async () => {
    const url = `http://${address('repository', 9012)}/model`;
    const body = JSON.stringify({ model_name: 'm', model_version: '1', meta: {} });
    const { status } = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(status).toBe(201);
  });

  it('has containers without rights, and with nothing to write to', () => {
    for (const service of ['server', 'repository']) {
      const id = compose('ps', '--quiet', service).stdout.trim();
      const [container] = JSON.parse(docker('inspect', id).stdout) as [
        { HostConfig: Record<string, unknown>; Config: Record<string, unknown> },
      ];
      expect(container.HostConfig).toMatchObject({
        Privileged: false,
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        CapAdd: null,
      });
      expect(container.HostConfig.SecurityOpt).toEqual(['no-new-privileges:true']);
      expect(container.Config.User).toBe('1000:1000');
    }
  });

  it('stops when it is told, not when it is killed', () => {
    compose('stop', 'server');
    const id = compose('ps', '--all', '--quiet', 'server').stdout.trim();
    expect(docker('inspect', '--format', '{{.State.ExitCode}}', id).stdout.trim()).toBe('0');
  }, 60_000);
});
