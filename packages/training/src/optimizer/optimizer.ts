import {adagradStep, adamStep, momentumStep, type SparseRows, sgdStep} from '@gatefold/gpu-kernels';
import {fill, type Scalar, type Tensor, tidy, type Variable, variable} from '@tensorflow/tfjs-core';
import {expectKnownOptions} from '../options/expect-known-options';
import {type LearningRateSchedule, toSchedule} from '../schedule/learning-rate-schedule';

/** Which optimizer, and its constants; every constant but the learning rate has the usual default. */
export type OptimizerSettings = {
  /** A constant, or a schedule such as `exponentialDecay(...)`. Above 0. */
  learningRate: number | LearningRateSchedule;
} & (
  | {kind: 'sgd'}
  | {kind: 'momentum' /** Default 0.9. */; decay?: number}
  | {kind: 'adagrad' /** Default 0.1. */; initialAccumulator?: number /** Default 1e-7. */; epsilon?: number}
  | ({kind: 'adam'} & AdamConstants)
  | ({
      kind: 'adamw';
      /**
       * Parameters of two dimensions and more, matrices and tables, shrink by `learningRate · weightDecay` of themselves
       * at every step; of a table only the rows that have a gradient. Biases do not. Default 0.01.
       */
      weightDecay?: number;
    } & AdamConstants)
);

type AdamConstants = {
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.999. */
  beta2?: number;
  /** Default 1e-8. */
  epsilon?: number;
};

/** What an optimizer keeps a value of for every parameter value, and where it starts. */
const slotsOf = {
  sgd: [],
  momentum: ['velocity'],
  adagrad: ['accumulator'],
  adam: ['firstMoment', 'secondMoment'],
  adamw: ['firstMoment', 'secondMoment'],
} as const;

const usual = {kind: true, learningRate: true} as const;
const ofAdam = {...usual, beta1: true, beta2: true, epsilon: true} as const;

const knownOptions: {
  readonly [Kind in OptimizerSettings['kind']]: Record<keyof Extract<OptimizerSettings, {kind: Kind}>, true>;
} = {
  sgd: usual,
  momentum: {...usual, decay: true},
  adagrad: {...usual, initialAccumulator: true, epsilon: true},
  adam: ofAdam,
  adamw: {...ofAdam, weightDecay: true},
};

/**
 * Changes named parameters in place by their gradients, and keeps what its rule remembers from step to step.
 *
 * @example
 * const optimizer = new Optimizer(model.parameters, {kind: 'adam', learningRate: 0.002});
 * const norm = optimizer.apply(gradients, {step: 0, clipNorm: 5});
 *
 * Memory: once the parameters for momentum and Adagrad, twice for Adam and AdamW, nothing for SGD.
 */
export class Optimizer {
  readonly schedule: LearningRateSchedule;
  readonly #parameters: [name: string, parameter: Variable][];
  readonly #settings: OptimizerSettings;
  /** One map from parameter name to variable for each kind of state. */
  readonly #slots: Record<string, Variable>[];

  /** @throws RangeError where `kind` or an option is unknown, or `weightDecay` negative. */
  constructor(parameters: Readonly<Record<string, Variable>>, settings: OptimizerSettings) {
    if (!Object.hasOwn(slotsOf, settings?.kind ?? '')) {
      throw new RangeError(
        `Unknown optimizer ${JSON.stringify(settings?.kind)}, expected one of ${Object.keys(slotsOf).join(', ')}.`,
      );
    }
    expectKnownOptions(`The optimizer ${settings.kind}`, settings, knownOptions[settings.kind]);
    if (settings.kind === 'adamw' && !((settings.weightDecay ?? 0) >= 0)) {
      throw new RangeError(`weightDecay is ${settings.weightDecay}, expected a number of at least 0.`);
    }
    this.#parameters = Object.entries(parameters);
    this.#settings = settings;
    this.schedule = toSchedule(settings.learningRate);
    const initial = settings.kind === 'adagrad' ? (settings.initialAccumulator ?? 0.1) : 0;
    this.#slots = slotsOf[settings.kind].map(() =>
      Object.fromEntries(
        this.#parameters.map(([name, {shape}]) => [name, tidy(() => variable(fill(shape, initial), false))]),
      ),
    );
  }

  /** The optimizer's state, by a name such as `velocity/output.kernel`; the variables stay the optimizer's own. */
  get state(): Record<string, Variable> {
    const slots = slotsOf[this.#settings.kind];
    return Object.fromEntries(
      this.#slots.flatMap((slot, index) =>
        Object.entries(slot).map(([name, value]) => [`${slots[index]}/${name}`, value]),
      ),
    );
  }

  /**
   * One step. `step` counts from 0; with `clipNorm` all gradients together are scaled down to that norm. A gradient of
   * rows (`SparseRows`) changes those rows, and what the rule remembers of them, and nothing else.
   *
   * @returns the norm of all gradients before clipping, a scalar the caller disposes of. Where it is not finite,
   *   nothing was changed.
   */
  apply(
    gradients: Readonly<Record<string, Tensor | SparseRows>>,
    {step, clipNorm}: {step: number; clipNorm?: number},
  ): Scalar {
    const settings = this.#settings;
    const [first, second] = this.#slots.map((slot) => this.#parameters.map(([name]) => slot[name]!));
    const inputs = {
      parameters: this.#parameters.map(([, parameter]) => parameter),
      gradients: this.#parameters.map(([name]) => gradients[name]!),
      learningRate: this.schedule.rateAt(step),
      clipNorm,
    };
    switch (settings.kind) {
      case 'sgd':
        return sgdStep(inputs);
      case 'momentum':
        return momentumStep({...inputs, decay: settings.decay ?? 0.9, velocities: first!});
      case 'adagrad':
        return adagradStep({...inputs, epsilon: settings.epsilon ?? 1e-7, accumulators: first!});
      case 'adam':
      case 'adamw':
        return adamStep({
          ...inputs,
          beta1: settings.beta1 ?? 0.9,
          beta2: settings.beta2 ?? 0.999,
          epsilon: settings.epsilon ?? 1e-8,
          step: step + 1,
          weightDecay: settings.kind === 'adamw' ? (settings.weightDecay ?? 0.01) : 0,
          firstMoments: first!,
          secondMoments: second!,
        });
    }
  }

  dispose(): void {
    for (const value of Object.values(this.state)) value.dispose();
  }
}
