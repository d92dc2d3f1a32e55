import type {UpdateRule} from './optimizer-step';

/** What weight decay leaves of a parameter at a step: of matrices and tables less than 1, of biases and gains all. */
export function keptPart(rule: UpdateRule, {shape}: {shape: readonly number[]}): number {
  return rule.kind === 'adam' && shape.length >= 2 ? 1 - rule.learningRate * rule.weightDecay : 1;
}
