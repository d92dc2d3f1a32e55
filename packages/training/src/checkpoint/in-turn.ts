let last: Promise<unknown> = Promise.resolve();

/**
 * Runs tasks one after the other, whether or not those before succeeded. Checkpoints are written and read in turn, or a
 * write that was not awaited could remove the tensors that the next one is about to name.
 */
export function inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
  const turn = last.then(task);
  last = turn.catch(() => undefined);
  return turn;
}
