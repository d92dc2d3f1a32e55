import {PairVocabulary, type ReversedWordsPair} from '@gatefold/text8-data';
import {type CalendarDate, formats, formatted, iso} from './formats';

/** A date as it may be written, and as it is to be. */
export type DatePair = Pick<ReversedWordsPair, 'source' | 'target'>;

/** What dates are written with, and what ISO dates are. */
export const vocabularies = {
  source: PairVocabulary.ofCharacters('0123456789/-., ADJFMSONEBRPYULGCTV'),
  target: PairVocabulary.ofCharacters('0123456789-'),
};

/** The longest source, and a target with its end symbol. */
export const bucket = [12, 11] as const;

/**
 * Every date of the years 1950 to 2049 in every format. Of the dates each twentieth is held out and each two-hundredth
 * validates, in all its formats: what is asked of the model are dates that it has not seen in any.
 */
export function datePairs(): Record<'train' | 'validation' | 'heldOut', DatePair[]> {
  const pairs: ReturnType<typeof datePairs> = {train: [], validation: [], heldOut: []};
  let index = 0;
  for (const date of everyDate()) {
    const part = index % 20 === 10 ? 'heldOut' : index % 200 === 0 ? 'validation' : 'train';
    const target = formatted(date, iso);
    for (const format of formats) pairs[part].push({source: formatted(date, format), target});
    index += 1;
  }
  return pairs;
}

function* everyDate(): Generator<CalendarDate> {
  const date = new Date(Date.UTC(1950, 0, 1));
  for (; date.getUTCFullYear() < 2050; date.setUTCDate(date.getUTCDate() + 1)) {
    yield {year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate()};
  }
}
