import {distance} from 'fastest-levenshtein';

/**
 * Throws a RangeError at the first option that is none of the known ones, and names the one that was meant where it can be
 * told: an option that is not read would change nothing, and nobody would know.
 *
 * @param what whose options they are, as the error calls it.
 * @param known the names of all there are, each `true`; a `Record<keyof Options, true>` is checked to have them all.
 *
 * @example
 * const known: Record<keyof MineOptions, true> = {size: true, seed: true};
 * expectKnownOptions('Mine', {sizes: 3}, known); // Mine has no option "sizes"; did you mean "size"? It has size, seed.
 */
export function expectKnownOptions(what: string, given: object, known: Readonly<Record<string, true>>): void {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  const names = Object.keys(known);
  const meant = nearest(unknown, names);
  const question = meant === undefined ? '' : `; did you mean "${meant}"?`;
  throw new RangeError(`${what} has no option "${unknown}"${question || '.'} It has ${names.join(', ')}.`);
}

/** The name that the fewest letters tell from the given one, where those are at most a third of it. */
function nearest(given: string, names: readonly string[]): string | undefined {
  const distances = names.map((name) => distance(given, name));
  const least = Math.min(...distances);
  return 3 * least <= given.length ? names[distances.indexOf(least)] : undefined;
}
