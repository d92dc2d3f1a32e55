import {EventEmitter} from 'node:events';
import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import {Interruption} from './interruption';

beforeEach(() => vi.useFakeTimers({toFake: ['performance']}));
afterEach(() => vi.useRealTimers());

function fakeProcess(): EventEmitter & {exit: () => never} {
  return Object.assign(new EventEmitter(), {exit: vi.fn<() => never>()});
}

it('stops at the first signal and ends the process at the second, but not at an echo of the first', () => {
  const program = fakeProcess();
  const interruption = new Interruption(program as unknown as NodeJS.Process);
  expect(interruption.signal.aborted).toBe(false);

  program.emit('SIGINT');
  expect(interruption.signal.aborted).toBe(true);
  vi.advanceTimersByTime(10);
  program.emit('SIGINT');
  expect(program.exit).not.toHaveBeenCalled();

  vi.advanceTimersByTime(1000);
  program.emit('SIGINT');
  expect(program.exit).toHaveBeenCalledWith(130);
});

it('ends with the number of the signal that came', () => {
  const program = fakeProcess();
  const interruption = new Interruption(program as unknown as NodeJS.Process);
  program.emit('SIGTERM');
  expect(interruption.exitCode).toBe(143);
});
