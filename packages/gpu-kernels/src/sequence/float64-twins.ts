// The recurrences in float64, one number at a time: what the tests differentiate numerically, because tfjs has float32
// alone. They are checked against the references before they are believed.

export interface TwinInputs {
  sizes: {T: number; B: number; I: number; H: number};
  /** `[T, B, I]`, or ids `[T, B]` where it is an Int32Array. */
  x: Float64Array | Int32Array;
  kernel: Float64Array;
  recurrentKernel: Float64Array;
  bias: Float64Array;
  /** The state before the first step, each `[B, H]`: hidden, and for the LSTM cell. */
  states: Float64Array[];
  lengths?: number[];
  candidateMask?: Float32Array;
  direction?: 'forward' | 'backward';
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** What one row adds to the pre-activations of one step: x W + b, and any state's product with columns of R. */
function readers({sizes: {B, I, H}, x, kernel, recurrentKernel, bias}: TwinInputs) {
  const width = bias.length;
  return {
    fromInput(step: number, row: number, column: number): number {
      const at = step * B + row;
      if (x instanceof Int32Array) return bias[column]! + kernel[x[at]! * width + column]!;
      let sum = bias[column]!;
      for (let i = 0; i < I; i++) sum += x[at * I + i]! * kernel[i * width + column]!;
      return sum;
    },
    fromState(state: number[], column: number): number {
      let sum = 0;
      for (let k = 0; k < H; k++) sum += state[k]! * recurrentKernel[k * width + column]!;
      return sum;
    },
  };
}

/** Carries the states of every row through the sequence; `next` gives a row's states [H] after a step. */
function recur(
  {sizes: {T, B, H}, states, lengths, direction}: TwinInputs,
  next: (step: number, row: number, states: number[][]) => number[][],
): Float64Array[] {
  const outputs = new Float64Array(T * B * H);
  const finals = states.map((state) => state.slice());
  const order = Array.from({length: T}, (_, step) => (direction === 'backward' ? T - 1 - step : step));
  for (const step of order) {
    for (let row = 0; row < B; row++) {
      if (lengths && step >= lengths[row]!) continue;
      const before = finals.map((state) => [...state.subarray(row * H, (row + 1) * H)]);
      const after = next(step, row, before);
      for (const [index, state] of finals.entries()) state.set(after[index]!, row * H);
      outputs.set(after[0]!, (step * B + row) * H);
    }
  }
  return [outputs, ...finals];
}

const units = (count: number, of: (unit: number) => number) => Array.from({length: count}, (_, unit) => of(unit));

/** `lstm`: outputs, final hidden state, final cell state. */
export function lstmInFloat64(inputs: TwinInputs): Float64Array[] {
  const {B, H} = inputs.sizes;
  const {fromInput, fromState} = readers(inputs);
  return recur(inputs, (step, row, [hidden, cell]) => {
    const gate = (n: number, unit: number) => fromInput(step, row, n * H + unit) + fromState(hidden!, n * H + unit);
    const factor = (unit: number) => inputs.candidateMask?.[(step * B + row) * H + unit] ?? 1;
    const newCell = units(
      H,
      (unit) =>
        sigmoid(gate(1, unit)) * cell![unit]! + sigmoid(gate(0, unit)) * factor(unit) * Math.tanh(gate(2, unit)),
    );
    return [units(H, (unit) => sigmoid(gate(3, unit)) * Math.tanh(newCell[unit]!)), newCell];
  });
}

/** `gru`: outputs, final state. */
export function gruInFloat64(inputs: TwinInputs): Float64Array[] {
  const {B, H} = inputs.sizes;
  const {fromInput, fromState} = readers(inputs);
  return recur(inputs, (step, row, [hidden]) => {
    const gate = (n: number, state: number[]) =>
      units(H, (unit) => fromInput(step, row, n * H + unit) + fromState(state, n * H + unit));
    const z = gate(0, hidden!).map(sigmoid);
    const reset = gate(1, hidden!).map((value, unit) => sigmoid(value) * hidden![unit]!);
    const factor = (unit: number) => inputs.candidateMask?.[(step * B + row) * H + unit] ?? 1;
    const candidate = gate(2, reset).map((value, unit) => factor(unit) * Math.tanh(value));
    return [units(H, (unit) => z[unit]! * hidden![unit]! + (1 - z[unit]!) * candidate[unit]!)];
  });
}
