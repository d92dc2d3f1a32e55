import {describe, expect, test} from 'vitest';
import {CheckpointError} from '../errors/checkpoint-error';
import {averageCheckpoints} from './average-checkpoints';
import type {Checkpoint} from './checkpoint';

const checkpoint = (values: number[], change: Partial<Checkpoint> = {}): Checkpoint => ({
  kind: 'line',
  state: {configuration: {size: values[0]!}, training: {step: 1}, extra: {note: 'mine'}},
  tensors: {
    'parameters/slope': {shape: [values.length], data: Float32Array.from(values)},
    'optimizer/velocity/slope': {shape: [values.length], data: Float32Array.from(values)},
  },
  ...change,
});

describe('averageCheckpoints', () => {
  test('is the mean of the parameters, a model alone', () => {
    const average = averageCheckpoints([checkpoint([1, 4]), checkpoint([2, 8]), checkpoint([6, -9])]);
    expect(average).toEqual({
      kind: 'line',
      state: {configuration: {size: 6}},
      tensors: {'parameters/slope': {shape: [2], data: Float32Array.of(3, 1)}},
    });
  });

  test('of one is that one, in memory of its own', () => {
    const one = checkpoint([0.1, 0.2]);
    const {data} = averageCheckpoints([one]).tensors['parameters/slope']!;
    expect(data).toEqual(one.tensors['parameters/slope']!.data);
    expect(data).not.toBe(one.tensors['parameters/slope']!.data);
  });

  test('refuses what does not belong together', () => {
    const one = checkpoint([1, 2]);
    expect(() => averageCheckpoints([])).toThrow(RangeError);
    expect(() => averageCheckpoints([checkpoint([1, 2], {kind: 'circle'}), one])).toThrow('of kind "circle"');
    expect(() => averageCheckpoints([one, checkpoint([1, 2, 3])])).toThrow('parameters/slope is Float32Array [2]');
    const more = {...one.tensors, 'parameters/offset': {shape: [], data: Float32Array.of(1)}};
    for (const pair of [
      [checkpoint([1, 2], {tensors: more}), one],
      [one, checkpoint([1, 2], {tensors: more})],
    ]) {
      expect(() => averageCheckpoints(pair)).toThrow(CheckpointError);
      expect(() => averageCheckpoints(pair)).toThrow('parameters/offset');
    }
  });
});
