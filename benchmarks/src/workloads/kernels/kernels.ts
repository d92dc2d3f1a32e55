import {
  adagradStep,
  adamStep,
  attention,
  dropout,
  embeddingLookup,
  gru,
  gruCell,
  type LSTMInputs,
  linear,
  lstm,
  lstmCell,
  momentumStep,
  type StepInputs,
  sampleCategorical,
  sampledLogits,
  sgdStep,
  sparseCrossEntropy,
  topK,
  valueAndGradients,
} from '@gatefold/gpu-kernels';
import * as tf from '@tensorflow/tfjs';
import type {Workload} from '../../workload';
import {bothWays, kernelWorkloads} from './kernel-workload';

/** Numbers and ids that each seed, and each place in a list of them, gives anew. */
function drawing(seed: number) {
  let next = 1000 * seed;
  return {
    numbers: <Rank extends tf.Tensor>(...shape: number[]) =>
      tf.randomUniform(shape, -0.1, 0.1, 'float32', ++next) as unknown as Rank,
    ids: <Rank extends tf.Tensor>(below: number, ...shape: number[]) =>
      tf.randomUniformInt(shape, 0, below, ++next) as unknown as Rank,
  };
}

const cells = [
  {operation: 'lstm', gates: 4},
  {operation: 'gru', gates: 3},
] as const;

/** Whole sequences, T x B x I -> H; `ids` where x is ids below I. */
const sequences = cells.flatMap(({operation, gates}) =>
  (
    [
      {steps: 5, batch: 4, inputSize: 8, hidden: 8},
      {steps: 10, batch: 64, inputSize: 27, hidden: 64, ids: true},
      {steps: 20, batch: 32, inputSize: 256, hidden: 256},
      {steps: 100, batch: 1, inputSize: 128, hidden: 128},
      {steps: 10, batch: 64, inputSize: 64, hidden: 64, lengths: true},
    ] as const
  ).flatMap((sizes) => {
    const {steps, batch, inputSize, hidden, ids, lengths} = {ids: false, lengths: false, ...sizes};
    const shapes = `${steps}x${batch}x${inputSize}-${hidden}${ids ? '-ids' : ''}${lengths ? '-lengths' : ''}`;
    const prepare = (seed: number) => {
      const draw = drawing(seed);
      const x = ids
        ? draw.ids<tf.Tensor2D>(inputSize, steps, batch)
        : draw.numbers<tf.Tensor3D>(steps, batch, inputSize);
      const padding = lengths ? {lengths: draw.ids<tf.Tensor1D>(steps + 1, batch)} : {};
      const weights = [
        draw.numbers(inputSize, gates * hidden),
        draw.numbers(hidden, gates * hidden),
        draw.numbers(gates * hidden),
      ];
      return bothWays(ids ? weights : [...weights, x], (kernel, recurrentKernel, bias, vectors = x) => {
        const inputs = {x: vectors, kernel, recurrentKernel, bias, ...padding} as Omit<LSTMInputs, 'initialState'>;
        return (operation === 'lstm' ? lstm : gru)(inputs).outputs;
      });
    };
    return kernelWorkloads({operation, shapes, prepare}, true);
  }),
);

/** Single steps, B x I -> H. */
const steps = cells.flatMap(({operation, gates}) =>
  [
    [1, 16, 16],
    [1, 128, 128],
    [64, 512, 512],
  ].flatMap(([batch, inputSize, hidden]: number[]) => {
    const prepare = (seed: number) => {
      const draw = drawing(seed);
      const inputs = [
        draw.numbers(batch!, inputSize!),
        draw.numbers(inputSize!, gates * hidden!),
        draw.numbers(hidden!, gates * hidden!),
        draw.numbers(gates * hidden!),
        draw.numbers(batch!, hidden!),
        ...(operation === 'lstm' ? [draw.numbers(batch!, hidden!)] : []),
      ];
      return bothWays(inputs, (x, kernel, recurrentKernel, bias, before, cell) => {
        const shared = {x, kernel, recurrentKernel, bias} as Omit<Parameters<typeof lstmCell>[0], 'state'>;
        const hidden = before as tf.Tensor2D;
        return operation === 'gru'
          ? gruCell({...shared, state: hidden})
          : lstmCell({...shared, state: {hidden, cell: cell as tf.Tensor2D}}).hidden;
      });
    };
    return kernelWorkloads({operation: `${operation}-cell`, shapes: `${batch}x${inputSize}-${hidden}`, prepare}, true);
  }),
);

const affine = [
  [8, 16, 16],
  [1, 512, 10_000],
  [1, 512, 8192],
  [640, 64, 27],
  [1024, 512, 512],
].flatMap(([rows, inputSize, outputSize]: number[]) =>
  kernelWorkloads(
    {
      operation: 'linear',
      shapes: `${rows}x${inputSize}-${outputSize}`,
      prepare(seed) {
        const {numbers} = drawing(seed);
        const inputs = [numbers(rows!, inputSize!), numbers(inputSize!, outputSize!), numbers(outputSize!)];
        return bothWays(inputs, (x, kernel, bias) =>
          linear({x, kernel: kernel as tf.Tensor2D, bias: bias as tf.Tensor1D}),
        );
      },
    },
    true,
  ),
);

const crossEntropy = [
  [8, 10],
  [640, 27],
  [256, 10_000],
].flatMap(([labels, classes]: number[]) =>
  kernelWorkloads(
    {
      operation: 'sparse-cross-entropy',
      shapes: `${labels}x${classes}`,
      prepare(seed) {
        const draw = drawing(seed);
        const ids = draw.ids(classes!, labels!);
        return bothWays([draw.numbers(labels!, classes!)], (logits) => sparseCrossEntropy({logits, labels: ids}));
      },
    },
    true,
  ),
);

const sampled = [
  [8, 4, 8],
  [128, 64, 128],
  [1024, 512, 256],
].flatMap(([batch, samples, width]: number[]) =>
  kernelWorkloads(
    {
      operation: 'sampled-logits',
      shapes: `${batch}x${width}-${samples}`,
      prepare(seed) {
        const {numbers} = drawing(seed);
        const inputs = [numbers(batch!, width!), numbers(batch!, width!), numbers(samples!, width!)];
        return bothWays(inputs, (...given) => {
          const [inputs, targets, samples] = given as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
          return sampledLogits({inputs, targets, samples});
        });
      },
    },
    true,
  ),
);

const attended = (['dot', 'additive'] as const).flatMap((kind) =>
  [
    [1, 8, 1, 8],
    [10, 20, 16, 64],
    [1, 50, 32, 256],
    [20, 50, 32, 256],
  ].flatMap(([queries, positions, batch, size]: number[]) =>
    kernelWorkloads(
      {
        operation: `attention-${kind}`,
        shapes: `${queries}x${positions}x${batch}x${size}`,
        prepare(seed) {
          const draw = drawing(seed);
          const lengths = draw.ids<tf.Tensor1D>(positions! + 1, batch!);
          const query = draw.numbers(queries!, batch!, size!);
          const [keys, values] = [draw.numbers(positions!, batch!, size!), draw.numbers(positions!, batch!, size!)];
          const vector = kind === 'additive' ? [draw.numbers(size!)] : [];
          return bothWays([query, keys, values, ...vector], (query, keys, values, scoreVector) => {
            const inputs = {query, keys, values, lengths, kind, scoreVector} as Parameters<typeof attention>[0];
            return attention(inputs).context;
          });
        },
      },
      true,
    ),
  ),
);

const dropped = [[16], [640, 64], [64, 100, 512]].flatMap((shape) =>
  kernelWorkloads(
    {
      operation: 'dropout',
      shapes: shape.join('x'),
      prepare: (seed) => bothWays([drawing(seed).numbers(...shape)], (x) => dropout({x, rate: 0.25, seed})),
    },
    true,
  ),
);

const tables = [
  [100, 8, 16],
  [10_000, 64, 512],
  [50_000, 128, 4096],
];

const lookedUp = tables.flatMap(([rows, width, count]: number[]) =>
  kernelWorkloads(
    {
      operation: 'embedding-lookup',
      shapes: `${rows}x${width}-${count}`,
      prepare(seed) {
        const draw = drawing(seed);
        const table = tf.variable(draw.numbers<tf.Tensor2D>(rows!, width!));
        const ids = draw.ids(rows!, count!);
        const lookUp = () => embeddingLookup({table, ids});
        return {
          forward: lookUp,
          gradient: () => valueAndGradients(() => tf.sum(lookUp()), [table]),
        };
      },
    },
    true,
  ),
);

type Gradients = StepInputs['gradients'];

/** Each optimizer step, with the state it keeps. */
function optimizerSteps(parameters: tf.Variable[], gradients: Gradients): Record<string, () => tf.Scalar> {
  const shared = {parameters, gradients, learningRate: 1e-4, clipNorm: 1.25};
  const state = () => parameters.map(({shape}) => tf.variable(tf.fill(shape, 0.1)));
  const [velocities, accumulators, firstMoments, secondMoments] = [state(), state(), state(), state()];
  const adam = {beta1: 0.9, beta2: 0.999, epsilon: 1e-7, step: 10, firstMoments, secondMoments};
  return {
    sgd: () => sgdStep(shared),
    momentum: () => momentumStep({...shared, decay: 0.9, velocities}),
    adagrad: () => adagradStep({...shared, epsilon: 1e-7, accumulators}),
    adam: () => adamStep({...shared, ...adam}),
  };
}

const stepped = ['sgd', 'momentum', 'adagrad', 'adam'].flatMap((kind) => [
  ...[
    [[16]],
    [[27, 256], [64, 256], [256], [64, 27], [27]],
    [
      [1024, 1024],
      [1024, 1024],
    ],
  ].flatMap((shapes) =>
    kernelWorkloads({
      operation: `${kind}-step`,
      shapes: `dense-${shapes.map((shape) => shape.join('x')).join('-')}`,
      prepare(seed) {
        const {numbers} = drawing(seed);
        const parameters = shapes.map((shape) => tf.variable(numbers(...shape)));
        return {
          forward: optimizerSteps(
            parameters,
            shapes.map((shape) => numbers(...shape)),
          )[kind]!,
        };
      },
    }),
  ),
  ...tables.flatMap(([rows, width, count]: number[]) =>
    kernelWorkloads({
      operation: `${kind}-step`,
      shapes: `rows-${rows}x${width}-${count}`,
      prepare(seed) {
        const draw = drawing(seed);
        const table = tf.variable(draw.numbers(rows!, width!));
        // Rows in steps, so that each comes once.
        const ids = tf.range(0, count!, 1, 'int32') as tf.Tensor1D;
        return {forward: optimizerSteps([table], [{ids, values: draw.numbers(count!, width!)}])[kind]!};
      },
    }),
  ),
]);

const chosen = [
  [1, 27, 5],
  [64, 729, 10],
  [8, 10_000, 8],
  [8, 10_000, 5000],
  [32, 1000, 1000],
].flatMap(([batch, classes, k]: number[]) =>
  [false, true].flatMap((logProbabilities) =>
    kernelWorkloads({
      operation: 'top-k',
      shapes: `${batch}x${classes}-${k}${logProbabilities ? '-log' : ''}`,
      prepare(seed) {
        const logits = drawing(seed).numbers<tf.Tensor2D>(batch!, classes!);
        return {forward: () => topK({logits, k: k!, logProbabilities})};
      },
    }),
  ),
);

const drawn = [
  [1, 27],
  [64, 729],
  [32, 50_000],
].flatMap(([batch, classes]: number[]) =>
  ([{}, {topK: 20}, {topP: 0.9}] as const).flatMap((restriction) =>
    kernelWorkloads({
      operation: 'sample-categorical',
      shapes: [`${batch}x${classes}`, ...Object.entries(restriction).flat()].join('-'),
      prepare(seed) {
        // As peaked as what a trained model says.
        const logits = tf.mul(drawing(seed).numbers<tf.Tensor2D>(batch!, classes!), 100) as tf.Tensor2D;
        return {forward: () => sampleCategorical({logits, seed, ...restriction})};
      },
    }),
  ),
);

/** A call of tfjs's own, on our kernel beside tfjs's. */
const segmentSums = [
  [16, 8, 10],
  [512, 64, 200],
  [4096, 128, 500],
].flatMap(([count, width, segments]: number[]) =>
  kernelWorkloads({
    operation: 'unsorted-segment-sum',
    shapes: `${count}x${width}-${segments}`,
    replacesOn: ['cpu', 'webgl'],
    prepare(seed) {
      const draw = drawing(seed);
      const [values, ids] = [draw.numbers(count!, width!), draw.ids<tf.Tensor1D>(segments!, count!)];
      return {forward: () => tf.unsortedSegmentSum(values, ids, segments!)};
    },
  }),
);

const products = [
  [1, 4, 4, 4],
  [1, 16, 64, 256],
  [16, 32, 64, 32],
  [8, 256, 256, 256],
].flatMap(([batch, rows, depth, columns]: number[]) =>
  (
    [
      [false, false],
      [true, false],
      [false, true],
    ] as const
  ).flatMap(([transposeA, transposeB]) =>
    kernelWorkloads({
      operation: 'batch-mat-mul',
      shapes: `${batch}x${rows}x${depth}x${columns}${transposeA ? '-a-transposed' : transposeB ? '-b-transposed' : ''}`,
      replacesOn: ['wasm', 'wasm-2-threads'],
      prepare(seed) {
        const {numbers} = drawing(seed);
        const a = transposeA ? numbers(batch!, depth!, rows!) : numbers(batch!, rows!, depth!);
        const b = transposeB ? numbers(batch!, columns!, depth!) : numbers(batch!, depth!, columns!);
        return {forward: () => tf.matMul(a, b, transposeA, transposeB)};
      },
    }),
  ),
);

/** Every operation of `@gatefold/gpu-kernels` at small, middle and large sizes. */
export const kernels: Workload[] = [
  ...sequences,
  ...steps,
  ...affine,
  ...crossEntropy,
  ...sampled,
  ...attended,
  ...dropped,
  ...lookedUp,
  ...stepped,
  ...chosen,
  ...drawn,
  ...segmentSums,
  ...products,
];
