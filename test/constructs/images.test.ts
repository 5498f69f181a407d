import { App, Chart, Testing } from 'cdk8s';
import * as mis from '../../constructs';
import { at, find, type Synthesized } from '../fixtures/synthesize';

const DIGEST = `sha256:${'0'.repeat(64)}`;

describe('images', () => {
  it('come from a mirror, with digests and its credentials', () => {
    const app = new App();
    mis.Images.configure(app, {
      registry: 'registry.example/mirror/',
      digests: { mongodb: DIGEST },
      tags: { mongodb: '8.0.34' },
      pullSecrets: ['mirror'],
    });
    const chart = new Chart(app, 'test', { namespace: 'ml' });
    mis.MongoDb.single(chart, 'mongo');
    const spec = at(
      find(Testing.synth(chart) as Synthesized[], 'StatefulSet', 'mongo'),
      'spec.template.spec',
    );
    expect(at(spec, 'containers.0.image')).toBe(`registry.example/mirror/mongo:8.0.34@${DIGEST}`);
    expect(at(spec, 'imagePullSecrets')).toEqual([{ name: 'mirror' }]);
  });

  it.each([
    [
      { digests: { mongodb: 'sha256:1' } },
      'Images.configure: \'digests.mongodb\' must be sha256: and 64 hexadecimal digits, got "sha256:1"',
    ],
    [
      { tags: { nginx: '1' } },
      'Images.configure: \'digests, tags\' must be names out of runtime, envoy, mongodb, prometheus, nodeExporter, grafana, dcgmExporter, devicePlugin, got "nginx"',
    ],
    [{ tags: { envoy: 'latest' } }, "ContainerImage.of: 'reference' must be an image with a fixed tag"],
  ])('are refused as %j', (options, message) => {
    expect(() => mis.Images.configure(new App(), options as mis.ImagesOptions)).toThrow(message);
  });

  it('of the runtime have the version of this package', () => {
    expect(mis.PINNED_IMAGES.runtime.tag).toMatch(/^\d+\.\d+\.\d+/);
    for (const { tag } of Object.values(mis.PINNED_IMAGES)) expect(tag).not.toBe('latest');
  });
});
