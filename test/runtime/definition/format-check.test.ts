import {
  check,
  documentOf,
  facts,
  FALL_DETECTION,
  FALL_MODEL,
  partsOf,
  pipelineOf,
  problemsOf,
} from '../../fixtures/pipelines';

describe('a pipeline that fits', () => {
  it('is followed from the request to the answer', () => {
    const { problems, notes, plan } = check(documentOf(FALL_DETECTION), FALL_MODEL);
    expect(problems).toEqual([]);
    expect(notes).toEqual([]);
    expect(
      partsOf(plan).before.map(({ label, names, output }) => [label, names, [...output.keys()]]),
    ).toEqual([
      ['preprocessing[0] scale', { on: 'array', as: 'array' }, ['array']],
      ['preprocessing[1] vector-length', { on: 'array', as: 'array' }, ['array', 'array.length']],
      ['preprocessing[2] append-column', { on: 'array', as: 'array' }, ['array']],
      ['preprocessing[3] normalize', { on: 'array', as: 'array' }, ['array']],
      ['preprocessing[4] expand', { on: 'array', as: 'array' }, ['array']],
    ]);
    expect(partsOf(plan).model.inputs).toEqual([
      {
        model: 'window',
        value: 'array',
        format: {
          ...facts('float32', [1, 9, 4]),
          unit: 'millig',
          normalized: true,
          vectorLength: true,
        },
        modelFormat: facts('float32', ['batch', 9, 4]),
      },
    ]);
  });

  it("replaces the model's symbols in its outputs by what they stand for", () => {
    const { plan } = check(documentOf(FALL_DETECTION), FALL_MODEL);
    expect(partsOf(plan).model.outputs).toEqual([
      {
        model: 'confidence',
        value: 'confidence',
        format: facts('float32', [1]),
        modelFormat: facts('float32', ['batch']),
      },
    ]);
  });

  it('binds the only output to the only value whatever their names', () => {
    const { plan } = check(documentOf(FALL_DETECTION), FALL_MODEL);
    expect(plan!.output).toEqual(new Map([['prediction', facts('float32', [1])]]));
    expect(plan!.outputValues).toEqual(new Map([['prediction', 'confidence']]));
  });

  it('answers all that the last step leaves when no output is declared', () => {
    const { plan } = check(documentOf(FALL_DETECTION, { output: undefined }), FALL_MODEL);
    expect([...plan!.outputValues]).toEqual([['confidence', 'confidence']]);
  });

  it('is not all known without the model, but checked as far as it is', () => {
    const { problems, plan } = check(documentOf(FALL_DETECTION));
    expect(problems).toEqual([]);
    expect(plan).toBeUndefined();
  });

  it('may have several inputs, a recurrent state, scalars, texts and sizes that only data has', () => {
    const document = pipelineOf(`
input:
  sound: { dtype: float32, shape: [samples] }
  state: { dtype: float32, shape: [2, batch, 64] }
  rate: { dtype: int64, shape: [] }
  language: { dtype: string, shape: [batch] }
preprocessing:
  - { use: expand, on: sound }
output:
  text: { dtype: string, shape: [batch] }
  next: { dtype: float32, shape: [2, batch, 64] }
model: { name: m, version: "1", outputs: { stateN: next } }
`);
    const model = {
      inputs: {
        input: facts('float32', ['N', 'T']),
        state: facts('float32', [2, 'N', 64]),
        rate: facts('int64', []),
        language: facts('string', ['N']),
      },
      outputs: {
        text: facts('string', ['N']),
        stateN: facts('float32', [2, 'N', 64]),
        extra: facts('bool', ['K', 'samples']),
      },
    };
    const { problems, notes, plan } = check(document, model);
    expect(problems).toEqual([]);
    expect(notes).toEqual([]);
    expect(partsOf(plan).model.inputs.map(({ model: input, value }) => `${input} ← ${value}`)).toEqual([
      'input ← sound',
      'state ← state',
      'rate ← rate',
      'language ← language',
    ]);
    // The first axis is 1 by the expand step; a symbol of the model's own is kept apart from the pipeline's of that name.
    expect(partsOf(plan).model.outputs.map(({ format }) => format.kind === 'tensor' && format.shape)).toEqual(
      [[1], [2, 1, 64], ['K', 'model.samples']],
    );
    // What the document leaves open stays open, whatever the file of the model says.
    expect(plan!.output.get('next')).toEqual(facts('float32', [2, 'batch', 64]));
  });

  it('may leave a dtype open, which the data and the model settle', () => {
    const document = documentOf(FALL_DETECTION, { input: { array: { shape: [9, 3] } } });
    const { problems, plan } = check(document, FALL_MODEL);
    expect(problems).toEqual([]);
    expect(partsOf(plan).model.inputs[0].format).toMatchObject({ dtype: undefined, shape: [1, 9, 4] });
  });

  it('notes an input that nothing uses', () => {
    const document = pipelineOf(`
input: { a: { dtype: int8, shape: [1] }, spare: { dtype: int8, shape: [1] }, old: { dtype: int8, shape: [1] } }
preprocessing: [{ use: drop, values: [old] }]
`);
    const model = { inputs: { a: facts('int8', [1]) }, outputs: { y: facts('int8', [1]) } };
    const { problems, notes, plan } = check(document, model);
    expect(problems).toEqual([]);
    expect(notes).toEqual([{ path: 'input.spare', message: 'nothing uses this input' }]);
    expect(plan).toBeDefined();
  });
});

describe('a step', () => {
  const twoInputs = (steps: string): string[] =>
    problemsOf(
      pipelineOf(`
input: { left: { dtype: int16, shape: [9, 3] }, right: { dtype: int16, shape: [9, 3] } }
preprocessing: ${steps}
`),
    );

  it('is unknown by a name that nothing has, and the nearest one is told', () => {
    const [problem] = problemsOf(documentOf(FALL_DETECTION.replace('use: scale', 'use: scael')), FALL_MODEL);
    expect(problem).toMatch(
      /^preprocessing\[0\]\.use: there is no transformation "scael"; did you mean "scale"\?; there are: annotate, append-column, .*, custom\.merge_as_column/,
    );
  });

  it.each([
    [
      { from: 'factor: 3.90625', to: 'factor: a' },
      'preprocessing[0].factor: expected number, got string "a"',
    ],
    [
      { from: 'vector-length, axis: 1', to: 'vector-length, axes: 1' },
      'preprocessing[1].axes: is unknown; did you mean "axis"?; allowed: axis',
    ],
    [{ from: '-152.63', to: 'x' }, 'preprocessing[3].mean[1]: expected number, got string "x"'],
  ])('has a wrong parameter: %j', ({ from, to }, expected) => {
    expect(problemsOf(documentOf(FALL_DETECTION.replace(from, to)), FALL_MODEL)).toEqual([expected]);
  });

  it('names itself, what it got and what it needs when data cannot go through', () => {
    expect(
      problemsOf(
        documentOf(FALL_DETECTION.replace('vector-length, axis: 1', 'vector-length, axis: 2')),
        FALL_MODEL,
      ),
    ).toEqual([
      'preprocessing[1]: vector-length got float32 [9, 3] unit=millig as "array": has no axis 2: the shape is [9, 3], its axes are 0 to 1, or -1 from the back',
    ]);
    expect(
      problemsOf(documentOf(FALL_DETECTION.replace('dtype: int16', 'dtype: string')), FALL_MODEL),
    ).toEqual([
      'preprocessing[0]: scale got string [9, 3] unit=tag as "array": needs numbers, got string [9, 3] unit=tag',
    ]);
  });

  it('needs to be told which of several values it works on', () => {
    expect(twoInputs('[{ use: scale, factor: 2 }]')).toEqual([
      'preprocessing[0].on: is missing; scale could work on each of: left, right',
    ]);
    expect(twoInputs('[{ use: scale, factor: 2, on: rihgt }]')).toEqual([
      'preprocessing[0].on: there is no value "rihgt"; did you mean "right"?; there are: left, right',
    ]);
    expect(twoInputs('[{ use: scale, factor: 2, on: left }, { use: expand }]')).toEqual([]);
  });

  it('may not replace another value by its result', () => {
    expect(twoInputs('[{ use: scale, factor: 2, on: left, as: right }]')).toEqual([
      'preprocessing[0].as: there is a value "right" already',
    ]);
  });

  it('whose parameters name its values is told no other', () => {
    expect(twoInputs('[{ use: select, values: [left], on: right }]')).toEqual([
      'preprocessing[0].on: has no meaning for select: its parameters name its values',
    ]);
    expect(twoInputs('[{ use: select, values: [left] }, { use: expand }]')).toEqual([]);
  });

  it('follows the value that the step before worked on, renamed or under its new name', () => {
    const { plan } = check(
      pipelineOf(`
input: { left: { dtype: float32, shape: [3] }, right: { dtype: float32, shape: [3] } }
preprocessing:
  - { use: rename, on: left, to: l }
  - { use: scale, factor: 2, as: doubled }
  - { use: expand }
  - { use: drop, values: [l, right] }
  - { use: clip, min: 0 }
`),
      { inputs: { x: facts('float32', [1, 3]) }, outputs: { y: facts('float32', [1]) } },
    );
    expect(partsOf(plan).before.map(({ names }) => names.on)).toEqual([
      'left',
      'l',
      'doubled',
      'doubled',
      'doubled',
    ]);
    expect(partsOf(plan).model.inputs[0].value).toBe('doubled');
  });

  it('that fails keeps later ones from being judged by what they cannot know', () => {
    const text = FALL_DETECTION.replace('vector-length, axis: 1', 'vector-length, axis: 7').replace(
      'use: expand, axis: 0',
      'use: expand, axis: zero',
    );
    expect(problemsOf(documentOf(text), FALL_MODEL)).toEqual([
      expect.stringMatching(/^preprocessing\[1\]: vector-length got .* has no axis 7/),
      'preprocessing[4].axis: expected integer, got string "zero"',
    ]);
  });

  it('after the model is checked even where one before it fails', () => {
    const document = documentOf(FALL_DETECTION.replace('factor: 3.90625', 'factor: a'), {
      postprocessing: [{ use: 'squeeze', axis: 3 }],
    });
    expect(problemsOf(document, FALL_MODEL)).toEqual([
      'preprocessing[0].factor: expected number, got string "a"',
      'postprocessing[0]: squeeze got float32 [batch] as "confidence": has no axis 3: the shape is [batch], its axes are 0 to 0, or -1 from the back',
    ]);
  });
});

describe('the model', () => {
  const without = (step: string): string =>
    FALL_DETECTION.split('\n')
      .filter((line) => !line.includes(step))
      .join('\n');

  it('refuses what does not go into it, and says who left it so', () => {
    expect(problemsOf(documentOf(without('use: expand')), FALL_MODEL)).toEqual([
      `model: the model's input "window" (float32 [batch, 9, 4]) cannot take "array" (float32 [9, 4] unit=millig normalized=true vectorLength=true, as preprocessing[3] normalize leaves it): expected 3 axes [batch, 9, 4], got 2 [9, 4]`,
    ]);
    const asIs = pipelineOf('input: { window: { dtype: int16, shape: [1, 8, 4] } }');
    expect(problemsOf(asIs, FALL_MODEL)).toEqual([
      `model: the model's input "window" (float32 [batch, 9, 4]) cannot take "window" (int16 [1, 8, 4], as the request brings it): expected dtype float32, got int16 (a cast step converts); expected 9 along axis 1, got 8`,
    ]);
  });

  it('wants a symbol to be one size in all its inputs', () => {
    const document = pipelineOf(
      'input: { a: { dtype: int8, shape: [2] }, b: { dtype: int8, shape: [3] }, c: { dtype: int8, shape: [n] } }',
    );
    const model = {
      inputs: { a: facts('int8', ['N']), b: facts('int8', ['N']), c: facts('int8', ['N']) },
      outputs: { y: facts('int8', ['N']) },
    };
    expect(problemsOf(document, model)).toEqual([
      `model: the model's input "b" (int8 [N]) cannot take "b" (int8 [3], as the request brings it): axis 0 ("N") is 3 here, but 2 elsewhere`,
    ]);
  });

  it('lets each unnamed axis be any size', () => {
    const document = pipelineOf('input: { a: { dtype: int8, shape: [2, 3] } }');
    expect(
      problemsOf(document, { inputs: { a: facts('int8', ['', '']) }, outputs: { y: facts('int8', ['']) } }),
    ).toEqual([]);
  });

  it('needs a value for each of its inputs', () => {
    const document = pipelineOf('input: { a: { dtype: int8, shape: [2] }, b: { dtype: int8, shape: [2] } }');
    expect(problemsOf(document, { inputs: { x: facts('int8', [2]) }, outputs: {} })).toEqual([
      `model: no value is bound to the model's input "x" (int8 [2]); there are: a, b. Bind one under model.inputs`,
    ]);
  });

  it('is bound as the document says', () => {
    const mapped = (inputs: string, outputs = '{}') =>
      pipelineOf(`
input: { a: { dtype: int8, shape: [2] }, b: { dtype: int8, shape: [2] } }
model: { name: m, version: "1", inputs: ${inputs}, outputs: ${outputs} }
`);
    const model = {
      inputs: { x: facts('int8', [2]) },
      outputs: { y: facts('int8', [2]), z: facts('int8', [2]) },
    };
    expect(partsOf(check(mapped('{ x: b }'), model).plan).model.inputs[0].value).toBe('b');
    expect(problemsOf(mapped('{ x: c }'), model)).toEqual([
      'model.inputs.x: there is no value "c"; there are: a, b',
    ]);
    expect(problemsOf(mapped('{ x: b, w: a }'), model)).toEqual([
      'model.inputs.w: the model has no input "w"; it has: x',
    ]);
    expect(problemsOf(mapped('{ x: b }', '{ yy: q }'), model)).toEqual([
      'model.outputs.yy: the model has no output "yy"; it has: y, z',
    ]);
    expect(problemsOf(mapped('{ x: b }', '{ y: z }'), model)).toEqual([
      `model.outputs.z: "z" is the name of the model's output "y" already`,
    ]);
  });

  it('is given what the document says that it was made for', () => {
    const made = (format: string): string =>
      FALL_DETECTION.replace('version: pilot-2-2', `version: pilot-2-2, format: ${format}`);
    const fits =
      '{ window: { unit: millig, normalized: true, vectorLength: true, shape: [1, 9, 4], dtype: float32 } }';
    expect(problemsOf(documentOf(made(fits)), FALL_MODEL)).toEqual([]);
    expect(problemsOf(documentOf(made(fits)))).toEqual([]);
    const forgotten = made(fits)
      .replace(', unit: millig }', ' }')
      .split('\n')
      .filter((line) => !line.includes('normalize,'))
      .join('\n');
    const expected = (input: string): string =>
      `model.format.window: the model's input "${input}" gets "array" (float32 [1, 9, 4] vectorLength=true, as preprocessing[3] expand leaves it): expected unit=millig, got none; expected normalized=true, got false`;
    expect(problemsOf(documentOf(forgotten), FALL_MODEL)).toEqual([expected('window')]);
    expect(problemsOf(documentOf(forgotten))).toEqual([expected('window')]);
    expect(problemsOf(documentOf(made('{ window: { shape: [1, 8, 4] } }')), FALL_MODEL)).toEqual([
      expect.stringMatching(/^model\.format\.window: .*: expected 8 along axis 1, got 9$/),
    ]);
  });

  it('knows an expectation by its own name, by the value that goes in, or as the only one', () => {
    const named = (name: string): string =>
      FALL_DETECTION.replace('version: pilot-2-2', `version: pilot-2-2, format: { ${name}: { unit: g } }`);
    for (const name of ['window', 'array', 'numerical']) {
      expect(problemsOf(documentOf(named(name)), FALL_MODEL)).toEqual([
        expect.stringMatching(new RegExp(`^model\\.format\\.${name}: .*: expected unit=g, got millig$`)),
      ]);
    }
    expect(problemsOf(documentOf(named('windwo: { unit: g }, numerical')), FALL_MODEL)).toEqual([
      'model.format.windwo: the model has no input "windwo"; did you mean "window"?; it has: window',
      'model.format.numerical: the model has no input "numerical"; it has: window',
    ]);
  });
});

describe('the answer', () => {
  const answered = (output: string, model = FALL_MODEL): string[] =>
    problemsOf(documentOf(FALL_DETECTION.replace(/output: .*/, `output: ${output}`)), model);

  it('is what the document declares', () => {
    expect(answered('{ prediction: { dtype: float64, shape: [1] } }')).toEqual([
      'output.prediction: expected float64 [1], the last step leaves float32 [1] for "confidence": expected dtype float64, got float32 (a cast step converts)',
    ]);
    expect(answered('{ prediction: { dtype: float32, shape: [2] } }')).toEqual([
      'output.prediction: expected float32 [2], the last step leaves float32 [1] for "confidence": expected 2 along axis 0, got 1',
    ]);
    expect(answered('{ prediction: { dtype: float32, shape: [n, 1] } }')).toEqual([
      'output.prediction: expected float32 [n, 1], the last step leaves float32 [1] for "confidence": expected 2 axes [n, 1], got 1 [1]',
    ]);
    expect(answered('{ prediction: { dtype: float32, shape: [n], unit: probability } }')).toEqual([]);
    expect(answered('{ confidence: { shape: [1] } }')).toEqual([]);
  });

  it('holds every output that the document declares', () => {
    expect(answered('{ confidance: { shape: [1] }, other: { shape: [1] } }')).toEqual([
      'output.confidance: the last step leaves no value "confidance"; did you mean "confidence"?; it leaves: confidence',
      'output.other: the last step leaves no value "other"; it leaves: confidence',
    ]);
  });

  it('has one size for a symbol in all outputs', () => {
    const model = {
      ...FALL_MODEL,
      outputs: { a: facts('int8', [2]), b: facts('int8', [3]), c: facts('int8', ['K']) },
    };
    expect(answered('{ a: { shape: [n] }, b: { shape: [n] }, c: { shape: [n] } }', model)).toEqual([
      'output.b: expected numeric [n], the last step leaves int8 [3] for "b": axis 0 ("n") is 3 here, but 2 elsewhere',
    ]);
  });

  it('says what is known of each tensor, by the document or by the check', () => {
    const model = { ...FALL_MODEL, outputs: { y: facts('int8', ['K', 4]), z: facts('bool') } };
    const document = documentOf(
      FALL_DETECTION.replace(/output: .*/, 'output: { y: { shape: [5, n] }, z: { shape: [n] } }'),
    );
    expect([...check(document, model).plan!.output.values()]).toEqual([
      // A size that the document leaves open is not the one of the model's file.
      facts('int8', [5, 'n']),
      facts('bool', ['n']),
    ]);
  });
});

describe('the basic service', () => {
  const basic = (text: string): string[] =>
    problemsOf(documentOf(text.replace('service: extended', 'service: basic')), FALL_MODEL);

  it('carries one float32 tensor each way', () => {
    expect(basic(FALL_DETECTION.replace('int16', 'float32'))).toEqual([]);
    expect(basic(FALL_DETECTION.replace('dtype: int16, ', ''))).toEqual([]);
    expect(
      basic(
        FALL_DETECTION.replace('int16', 'float32')
          .replace('postprocessing: []', 'postprocessing: [{ use: threshold, above: 0.5 }]')
          .replace(/output: .*/, ''),
      ),
    ).toEqual(['output.confidence: the basic service carries one float32 tensor, got bool [1]']);
    expect(
      basic(
        FALL_DETECTION.replace(/input: .*/, 'input: { array: { shape: [9, 3] }, b: { shape: [] } }').replace(
          'use: scale,',
          'use: scale, on: array,',
        ),
      ),
    ).toContain('input: the basic service carries one float32 tensor, got 2: array, b');
  });
});
