import {type OutputFolder, UserError} from '@gatefold/example-command-line';
import {Seq2SeqModel} from '@gatefold/seq2seq';
import {readCheckpoint} from '@gatefold/training';
import {vocabularies} from './date-pairs';

/**
 * A date as a trained model writes it, in ISO, and how sure it is: the probability of all that was written.
 *
 * @throws UserError where there is no model in the folder, or the date has a character that no format has.
 */
export async function convert(date: string, files: OutputFolder): Promise<{made: string; probability: number}> {
  const ids = vocabularies.source.encode(date.toUpperCase(), {
    onUnknown({symbol}) {
      throw new UserError(
        `"${symbol}" of "${date}" is in no format that the model reads, such as JAN 29, 2019 or 01/29/19.`,
      );
    },
  });
  if (!files.hasCheckpoint) {
    throw new UserError(`There is no model in ${files.checkpoint}: train one first, without --convert.`);
  }
  const model = Seq2SeqModel.fromCheckpoint(await readCheckpoint(files.checkpoint));
  const [written] = await model.decodeGreedily([ids]);
  model.dispose();
  return {made: vocabularies.target.decode(written!.ids), probability: Math.exp(written!.logProbability)};
}
