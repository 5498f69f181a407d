import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as mis from '../../constructs';
import { fallDetection } from '../../stacks/pipelines/fall-detection/pipeline';
import { at, find, synthesize } from '../fixtures/synthesize';

describe('components out of a folder', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'components-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  function put(path: string, content: string | Buffer): void {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  }

  const deploy = () =>
    synthesize((ml) => {
      const components = mis.ComponentSource.folder(folder);
      new mis.InferenceServer(ml, 'fall', {
        pipelines: [{ ...fallDetection, model: { name: 'm', version: '1.0' } }],
        components,
      });
    });

  it('come back in the pod under their paths, byte for byte', () => {
    put('model/m/1.0/component.json', '{ "kind": "model", "file": "m.onnx" }');
    put('model/m/1.0/m.onnx', 'x');
    put('transformation/acme.filter/2/index.js', Buffer.from([0, 255, 1]));
    put('transformation/acme.filter/2.index/js', 'the same key, were slashes dots alone');
    // The file is no model: that is found at synth.
    expect(deploy).toThrow(/model\/m\/1\.0\/m\.onnx is no ONNX model/);
    rmSync(join(folder, 'model'), { recursive: true });
    expect(deploy).toThrow(
      `[test/ml/fall] pipeline fall-detection: its model is not in ${folder}/model/m/1.0`,
    );
    const objects = synthesize((ml) => {
      const repository = new mis.ComponentRepository(ml, 'repository', {
        store: mis.EmbeddedStore.onClaim(),
      });
      const components = mis.ComponentSource.folder(folder);
      new mis.InferenceServer(ml, 'fall', { pipelines: [fallDetection], repository, components });
    });
    const { binaryData } = find(objects, 'ConfigMap', 'fall-components') as unknown as {
      binaryData: Record<string, string>;
    };
    const volumes = at(find(objects, 'Deployment', 'fall'), 'spec.template.spec.volumes') as {
      configMap?: { items: { key: string; path: string }[] };
    }[];
    const items = volumes.flatMap(({ configMap }) => configMap?.items ?? []);
    expect(items.map(({ path }) => path)).toEqual([
      'transformation/acme.filter/2.index/js',
      'transformation/acme.filter/2/index.js',
    ]);
    const bytes = items.map(({ key }) => Buffer.from(binaryData[key] ?? '', 'base64'));
    expect(bytes[1]).toEqual(Buffer.from([0, 255, 1]));
    expect(String(bytes[0])).toBe('the same key, were slashes dots alone');
  });

  it('are refused when they are too large for a ConfigMap, with the ways out', () => {
    put('model/m/1.0/m.onnx', Buffer.alloc(900 * 1024 + 1));
    expect(deploy).toThrow(
      `InferenceServer 'test/ml/fall': 'components' must be at most 921600 bytes together (one ConfigMap); larger ones come from a repository, from ComponentSource.volume or from ComponentSource.image, got "921601 bytes in ${folder}"`,
    );
  });

  it('are refused when they are laid out otherwise', () => {
    put('m.onnx', 'x');
    expect(deploy).toThrow(`got "${folder}/m.onnx"`);
    expect(deploy).toThrow(
      'laid out as <kind>/<id or name>/<version>/<file>, kind one of transformation, model, inferencer, service',
    );
  });

  it('are checked against the pipeline: what the model says of its inputs must fit', () => {
    const components = mis.ComponentSource.folder(
      join(__dirname, '../../stacks/pipelines/fall-detection/components'),
    );
    const build = (document: mis.PipelineDocumentInput) =>
      synthesize((ml) => void new mis.InferenceServer(ml, 'fall', { pipelines: [document], components }));
    expect(() => build(fallDetection)).not.toThrow();
    const withoutLength = (fallDetection.preprocessing ?? []).filter(
      ({ use }) => use !== 'append-column' && use !== 'normalize',
    );
    expect(() => build({ ...fallDetection, preprocessing: withoutLength, output: undefined })).toThrow(
      /\[test\/ml\/fall\] pipeline fall-detection: model/,
    );
  });
});
