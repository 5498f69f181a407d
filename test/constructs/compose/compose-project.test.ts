import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { parse } from 'yaml';
import * as mis from '../../../constructs';
import { type ComposeFile } from '../../../constructs/compose/compose-spec';
import { readDocument } from '../../../runtime/definition';
import { pipelineDocumentSchema } from '../../../runtime/definition';
import { fallDetection } from '../../../stacks/pipelines/fall-detection/pipeline';

const components = join(__dirname, '../../../stacks/pipelines/fall-detection/components');

describe('ComposeProject', () => {
  const folder = mkdtempSync(join(tmpdir(), 'compose-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function write(props: Partial<mis.ComposeProjectProps> = {}): ComposeFile {
    const project = new mis.ComposeProject(new App(), 'edge', {
      pipelines: [fallDetection],
      components,
      ...props,
    });
    project.write(folder);
    return parse(readFileSync(join(folder, 'compose.yaml'), 'utf8')) as ComposeFile;
  }

  it('writes every file that it mounts beside it', () => {
    const { services } = write({ repository: mis.Inclusion.ALWAYS, prometheus: mis.Inclusion.ALWAYS });
    const sources = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.flatMap((mount) =>
        mount.type === 'bind' && mount.source.startsWith('./') ? [mount.source] : [],
      ),
    );
    expect(new Set(sources)).toEqual(new Set(['./pipelines', './components', './prometheus']));
    for (const source of sources) expect([source, existsSync(join(folder, source))]).toEqual([source, true]);
    const model = 'model/fall-detection/pilot-2-2/model.onnx';
    expect(readFileSync(join(folder, 'components', model))).toEqual(readFileSync(join(components, model)));
  });

  it('hands over the document that was given', () => {
    write();
    const { document } = readDocument(join(folder, 'pipelines/fall-detection.yaml'));
    expect(document).toEqual(pipelineDocumentSchema.parse(fallDetection));
  });

  it('gives no container a right, a writable root or the whole machine', () => {
    const all = { repository: mis.Inclusion.ALWAYS, prometheus: mis.Inclusion.ALWAYS };
    for (const service of Object.values(write(all).services)) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        restart: 'unless-stopped',
      });
      expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
      expect(service.cpus).toBeGreaterThan(0);
      expect(service.mem_limit).toMatch(/^\d+m$/);
      expect(service).not.toHaveProperty('privileged');
      expect(service).not.toHaveProperty('cap_add');
    }
  });

  it('lets others reach the streams, and only the box itself the rest', () => {
    const { services } = write({ repository: mis.Inclusion.ALWAYS, listen: '192.0.2.10' });
    expect(services.server?.ports).toEqual(['192.0.2.10:50051:50051', '127.0.0.1:9000:9000']);
    expect(services.repository?.ports).toEqual(['127.0.0.1:9012:9012']);
    expect(services['node-exporter']?.command).toContain('--web.listen-address=127.0.0.1:9100');
  });

  it('has parts by choice, always or by profile', () => {
    expect(Object.keys(write({ nodeExporter: mis.Inclusion.NEVER }).services)).toEqual(['server']);
    const { services, volumes } = write({
      repository: mis.Inclusion.ON_DEMAND,
      prometheus: mis.Inclusion.ON_DEMAND,
    });
    expect(services.repository?.profiles).toEqual(['repository']);
    expect(services.prometheus?.profiles).toEqual(['monitoring']);
    expect(Object.keys(volumes ?? {})).toEqual(['fetched-components', 'repository', 'prometheus']);
  });

  it('is of the box’s processor, size and GPUs', () => {
    const { services } = write({
      architecture: mis.CpuArchitecture.ARM64,
      resources: mis.Resources.guaranteed(Cpu.units(4), Size.gibibytes(3)),
      gpus: 1,
    });
    expect(services.server).toMatchObject({
      platform: 'linux/arm64',
      cpus: 4,
      mem_limit: '3072m',
      deploy: {
        resources: { reservations: { devices: [{ driver: 'nvidia', count: 1, capabilities: ['gpu'] }] } },
      },
    });
  });

  it('writes dollars so that compose does not fill anything in', () => {
    write();
    expect(readFileSync(join(folder, 'compose.yaml'), 'utf8')).not.toMatch(/(^|[^$])\$(?!\$)[A-Za-z{(/)]/m);
  });
});
