import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findCircles, readImports, roomOf, type Import } from './imports';

const ROOT = join(__dirname, '../..');
const imports = readImports(ROOT);

/** The table of CONTRIBUTING.md, "Who may import whom": a room, and the rooms that it may import. */
const allowed = new Map(
  readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')
    .split('## Who may import whom')[1]
    ?.split('\n## ')[0]
    ?.split('\n')
    .flatMap((line) => {
      const [, from, to] = /^\| `([^`]+)` +\|(.*)\|$/.exec(line) ?? [];
      return from === undefined
        ? []
        : [[from, [...(to ?? '').matchAll(/`([^`]+)`/g)].map(([, room]) => room ?? '')]];
    }),
);

/** `runtime/` in the table stands for every room of it, `contracts/` likewise. */
function mayImport(from: string, to: string): boolean {
  const rooms = allowed.get(from) ?? allowed.get(`${from.split('/')[0]}/`) ?? [];
  return rooms.some((room) => room === to || (room.endsWith('/') && to.startsWith(room)));
}

const between = (edges: readonly Import[]): Import[] =>
  edges.map(({ from, to }) => ({ from: roomOf(from), to: roomOf(to) })).filter(({ from, to }) => from !== to);

const forbidden = (edges: readonly Import[]): string[] =>
  edges
    .filter(({ from, to }) => roomOf(from) !== roomOf(to) && !mayImport(roomOf(from), roomOf(to)))
    .map(({ from, to }) => `${from} imports ${to}: ${roomOf(from)} may not import ${roomOf(to)}`);

describe('the rooms of the tree', () => {
  it('import only what the table of CONTRIBUTING.md allows', () => {
    expect(allowed.size).toBeGreaterThan(20);
    expect(forbidden(imports)).toEqual([]);
  });

  it('make use of every row and every room of the table', () => {
    const used = between(imports);
    const unused = [...allowed].flatMap(([from, rooms]) =>
      rooms
        .filter((room) => !used.some((edge) => edge.from.startsWith(from) && edge.to.startsWith(room)))
        .map((room) => `${from} imports nothing of ${room}`),
    );
    expect(unused).toEqual([]);
  });

  it('import in no circle, types included', () => {
    expect(findCircles(between(imports))).toEqual([]);
  });

  it('have no files that import in a circle, types included', () => {
    expect(findCircles(imports)).toEqual([]);
  });
});

describe('the test of the rooms itself', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mis-rooms-'));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  write(
    'runtime/tensor/shape.ts',
    "import { type Answer } from '../grpc/answer';\nexport type Shape = Answer;\n",
  );
  write('runtime/grpc/answer.ts', "export type Answer = import('../tensor/shape').Shape;\n");
  write('constructs/server.ts', "export { type Shape } from '../runtime/tensor/shape';\n");
  afterAll(() => rmSync(folder, { recursive: true }));

  it('sees a forbidden import, a type in a circle, and a re-export', () => {
    const broken = readImports(folder);
    expect(forbidden(broken)).toEqual([
      'runtime/tensor/shape.ts imports runtime/grpc/answer.ts: runtime/tensor/ may not import runtime/grpc/',
      'constructs/server.ts imports runtime/tensor/shape.ts: constructs/ may not import runtime/tensor/',
    ]);
    expect(findCircles(between(broken))).toEqual([['runtime/grpc/', 'runtime/tensor/']]);
    expect(findCircles(broken)).toEqual([['runtime/grpc/answer.ts', 'runtime/tensor/shape.ts']]);
  });
});
