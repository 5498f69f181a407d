import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startRepository } from '../fixtures/repository';
import { temporaryFolder } from '../fixtures/temporary-folder';
import { itWith } from '../fixtures/tools';

const folder = temporaryFolder();

itWith('Python with requests', 'works with a Python client', async (python) => {
  const repository = await startRepository();
  const file = join(folder, 'fall.tflite');
  writeFileSync(file, Buffer.alloc(300_000, 'x'));
  const script = join(__dirname, 'python', 'repository_client.py');
  const { stdout } = await promisify(execFile)(python, [script, repository.url, file]);
  expect(JSON.parse(stdout)).toMatchObject({
    created: [201, null],
    again: 400,
    listed: {
      model_name: 'fall',
      model_version: '1.0',
      model_id: null,
      meta: { library: 'onnx', description: null },
    },
    up: [204, ''],
    bytes: 300_000,
    no_file: { detail: [{ loc: ['body', 'file'], msg: 'field required', type: 'value_error.missing' }] },
    meta: 204,
    one: { library: 'tflite', description: null },
    step: 201,
    step_up: 204,
    step_down: 'pickled bytes',
    deleted: [204, 404],
  });
  await repository.stop();
});
