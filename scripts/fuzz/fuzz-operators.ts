import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../contracts/program/problem';
import { findHazard } from '../../runtime/inferencer/engines/onnx/hazards';
import { whyNoBatchAxis } from '../../runtime/inferencer/batch-axis';
import { readOnnxMetadata } from '../../runtime/formats/onnx-metadata';
import { KILLED_BY_EMPTY } from '../../runtime/inferencer/engines/onnx/killers';
import { ModelProcessEnded } from '../../runtime/inferencer/sessions/model-process';
import { WorkerSession } from '../../runtime/inferencer/sessions/worker-session';
import { type NamedTensors } from '../../runtime/tensor/tensor';
import { encodeOnnxModel } from '../onnx/onnx-model';
import { FEED_KINDS, makeOperatorFeeds } from './operator-feeds';
import { parseOperator, toGraph, type ParsedOperator } from './operator-graph';
import { OPERATOR_LINES } from './operator-table';

/** A run that takes longer hangs, in milliseconds. */
const HANG_LIMIT_MS = 5_000;
/** Versions of ONNX's operators to try: some are younger than the usual one, some have been dropped before it. */
const OPSETS = [21, 24, 10, 8];

/** How the requests of the sweep ended. */
export interface OperatorSweep {
  /** Operators whose graph could be loaded. */
  readonly operators: ReadonlySet<string>;
  readonly notLoaded: readonly string[];
  readonly endings: ReadonlyMap<string, number>;
  /** Requests that ended or hung the process, though the model is taken for harmless and the request for none to refuse. */
  readonly missed: readonly string[];
  /** Operators that ended or hung a process. */
  readonly killers: ReadonlySet<string>;
}

/** Tries each operator of the table with each kind of inputs, in a process of its own. */
export async function fuzzOperators(only?: string): Promise<OperatorSweep> {
  const folder = mkdtempSync(join(tmpdir(), 'mis-operators-'));
  const operators = new Set<string>();
  const killers = new Set<string>();
  const notLoaded: string[] = [];
  const missed: string[] = [];
  const endings = new Map<string, number>();
  const count = (ending: string): number => endings.set(ending, (endings.get(ending) ?? 0) + 1).size;
  for (const [index, line] of OPERATOR_LINES.entries()) {
    const parsed = parseOperator(line);
    if (only !== undefined && parsed.operator !== only) continue;
    const modelFile = join(folder, `${index}.onnx`);
    const opened = await openFirst(parsed, modelFile);
    if (typeof opened === 'string') {
      notLoaded.push(`${line}: ${opened}`);
      continue;
    }
    let session = opened;
    operators.add(parsed.operator);
    const model = readOnnxMetadata(modelFile);
    const isHarmless = findHazard(model, whyNoBatchAxis(model) === undefined) === undefined;
    const refusesEmpty = KILLED_BY_EMPTY.some((operator) => model.operators.has(operator));
    for (const kind of FEED_KINDS) {
      const feeds = makeOperatorFeeds(session.metadata, kind);
      const ending = await run(session, feeds);
      count(ending);
      if (!/^(ended|hung)/.test(ending)) continue;
      killers.add(parsed.operator);
      const isRefused = refusesEmpty && hasEmpty(feeds);
      if (isHarmless && !isRefused) missed.push(`${line} with ${kind}: ${ending}`);
      // A session whose processes keep ending refuses runs: the next kinds get a fresh one.
      await session.close();
      session = await open(modelFile);
    }
    await session.close();
  }
  rmSync(folder, { recursive: true });
  return { operators, notLoaded, endings, missed, killers };
}

/** The operator in the first operator set that has it as the table says; why not in the first of them otherwise. */
async function openFirst(parsed: ParsedOperator, modelFile: string): Promise<WorkerSession | string> {
  let why: string | undefined;
  for (const opset of OPSETS) {
    writeFileSync(modelFile, encodeOnnxModel(toGraph(parsed), '', opset));
    try {
      return await open(modelFile);
    } catch (error) {
      why ??= messageOf(error);
    }
  }
  return why!;
}

function open(modelFile: string): Promise<WorkerSession> {
  return WorkerSession.open({ modelFile, threads: 1, host: 'process', hangLimitMs: HANG_LIMIT_MS });
}

async function run(session: WorkerSession, feeds: NamedTensors): Promise<string> {
  try {
    await session.run(feeds, false);
    return 'answered';
  } catch (error) {
    if (error instanceof ModelProcessEnded) return `ended: ${error.reason}`;
    const { code } = error as { code?: string };
    return code === 'WORKER_LOST' ? 'hung' : `refused: ${code}`;
  }
}

function hasEmpty(feeds: NamedTensors): boolean {
  return Object.values(feeds).some(({ shape }) => shape.includes(0));
}
