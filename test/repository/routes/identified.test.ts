import { inferencerSchemas } from '../../../contracts/repository/inferencer';
import { serviceSchemas } from '../../../contracts/repository/service';
import { transformationSchemas } from '../../../contracts/repository/transformation';
import { detailOf, packageForm, send, startRepository, type TestRepository } from '../../fixtures/repository';

let repository: TestRepository;
beforeAll(async () => {
  repository = await startRepository();
});
afterAll(() => repository.stop());

const full = {
  id: 'custom.basic_norm',
  description: 'Normalizes',
  parameter_types: { mean: 'list', std: 'list' },
  default_values: { mean: [1, 2], std: null },
  outputs: ['np.ndarray'],
  needs: {
    storage: 0.5,
    RAM: 1,
    GPU: false,
    preinstalled_libraries: { numpy: '1.24' },
    available_models: {},
  },
};

describe.each([
  { kind: 'transformation', extra: {}, listed: transformationSchemas.listed },
  { kind: 'service', extra: {}, listed: serviceSchemas.listed },
  { kind: 'inferencer', extra: { library: 'onnx', use_cuda: true }, listed: inferencerSchemas.listed },
])('/$kind', ({ kind, extra, listed }) => {
  const base = () => `${repository.url}/${kind}`;
  const list = async () => (await (await fetch(base())).json()) as Record<string, unknown>[];

  it('keeps metadata with all its fields', async () => {
    const response = await send(base(), 'POST', { ...full, ...extra, unknown: 1 });
    expect([response.status, await response.text()]).toEqual([201, 'null']);
    const [one] = await list();
    expect(listed.parse(one)).toEqual(one);
    expect(one).toMatchObject({ ...full, ...extra, storage_id: null });
    expect(one).not.toHaveProperty('unknown');
    expect((await send(base(), 'POST', full)).status).toBe(400);
  });

  it('lists what was not said as null', async () => {
    await send(base(), 'POST', { id: 'bare', needs: { GPU: true, RAM: null } });
    const bare = (await list()).find(({ id }) => id === 'bare');
    expect(bare).toMatchObject({
      description: null,
      parameter_types: null,
      default_values: null,
      outputs: null,
      needs: { storage: null, RAM: null, GPU: true, preinstalled_libraries: null, available_models: null },
      ...Object.fromEntries(Object.keys(extra).map((name) => [name, null])),
    });
    await send(base(), 'POST', { id: 42 });
    expect(await list()).toContainEqual(expect.objectContaining({ id: '42', needs: null }));
  });

  it('stores and serves a package, and sets storage_id', async () => {
    const upload = (id: string) =>
      fetch(`${base()}/${id}`, { method: 'PUT', body: packageForm('dill bytes') });
    expect((await fetch(`${base()}/custom.basic_norm`)).status).toBe(404);
    expect((await upload('custom.basic_norm')).status).toBe(204);
    expect((await upload('nobody')).status).toBe(404);
    expect(await (await fetch(`${base()}/custom.basic_norm`)).text()).toBe('dill bytes');
    const one = (await list()).find(({ id }) => id === full.id);
    expect(one).toMatchObject({
      storage_id: expect.stringMatching(/^[0-9a-f]{24}$/) as unknown,
      opaque: true,
    });
  });

  it('replaces metadata as a whole, with the id in the body or without it', async () => {
    const replace = (body: object) => send(`${base()}/meta/custom.basic_norm`, 'PUT', body);
    expect((await replace({ ...full, description: 'with id' })).status).toBe(204);
    expect((await replace({ description: 'without' })).status).toBe(204);
    const one = (await (await fetch(`${base()}/meta/custom.basic_norm`)).json()) as object;
    expect(one).toMatchObject({ description: 'without', needs: null, outputs: null });
    expect(one).toMatchObject({ storage_id: expect.any(String) as unknown });
    const other = await replace({ id: 'other', description: 'x' });
    expect([other.status, await detailOf(other)]).toEqual([
      422,
      expect.stringContaining(`describes ${kind} other`),
    ]);
    expect((await send(`${base()}/meta/nobody`, 'PUT', {})).status).toBe(404);
  });

  it('refuses wrong types with the place of each', async () => {
    const response = await send(base(), 'POST', { id: 'x', outputs: 'one', needs: { GPU: 'perhaps' } });
    expect(response.status).toBe(422);
    const { detail } = (await response.json()) as { detail: { loc: string[] }[] };
    expect(detail.map(({ loc }) => loc.join('.'))).toEqual(['body.outputs', 'body.needs.GPU']);
  });

  it('deletes metadata and package, once', async () => {
    const remove = () => fetch(`${base()}/custom.basic_norm`, { method: 'DELETE' });
    expect([(await remove()).status, (await remove()).status]).toEqual([204, 404]);
    expect((await fetch(`${base()}/custom.basic_norm`)).status).toBe(404);
  });
});
