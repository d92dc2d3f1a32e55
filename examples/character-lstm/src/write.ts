// Writes with a model that main.ts has trained: the exercise's programs of sampling and of beam search.

import {describeFailure, UserError} from '@gatefold/example-command-line';
import {useBackend} from '@gatefold/gpu-kernels';
import {LanguageModel} from '@gatefold/lstm';
import type {UnknownSymbol} from '@gatefold/text8-data';
import {readCheckpoint} from '@gatefold/training';
import {programs} from './programs';
import {RunFolder} from './run-folder';
import {recordOf} from './run-record';
import {type Symbols, symbolsOf} from './symbols';
import {parseWriteOptions, type WriteOptions, writeUsage} from './write-options';

/**
 * The symbols to go on from; of a prompt that they do not take whole it says so.
 *
 * @throws UserError where there are none, or the prompt has characters that no model knows.
 */
function encodePrompt({vocabulary}: Symbols, prompt: string): number[] {
  const given = `--prompt is "${prompt}"`;
  const onUnknown = ({symbol, offset}: UnknownSymbol) => {
    throw new UserError(
      `${given}: "${symbol}" at offset ${offset} is none of a to z and space. Write it with those.`,
      2,
    );
  };
  const ids = [...vocabulary.encode(prompt, {onUnknown})];
  if (ids.length === 0) {
    throw new UserError(`${given}, too short for a model of pairs of characters: give it two or more.`, 2);
  }
  const left = prompt.slice(vocabulary.decode(ids).length);
  if (left) console.error(`${given}: the model reads pairs, and goes on from before its last character, "${left}".`);
  return ids;
}

async function* write({run, prompt, length, streams, seed, beam, ...sampling}: WriteOptions): AsyncGenerator<string> {
  const files = new RunFolder(run);
  if (!files.hasCheckpoint) {
    throw new UserError(
      `There is no checkpoint in ${files.checkpoint}. Train a model by npm start, or name another --run.`,
    );
  }
  const checkpoint = await readCheckpoint(files.checkpoint);
  const {settings} = recordOf(checkpoint, files.checkpoint);
  await useBackend(settings.backend);
  const symbols = symbolsOf(programs[settings.program]);
  const ids = encodePrompt(symbols, prompt);
  const model = LanguageModel.fromCheckpoint(checkpoint);
  const count = Math.ceil(length / symbols.charactersPerSymbol);
  const textOf = (written: Iterable<number>) => symbols.vocabulary.decode([...ids, ...written]);
  if (beam) {
    const found = await model.beamSearch({prompt: ids, length: count, width: beam, results: streams});
    for (const {ids: written, logProbability} of found)
      yield `${logProbability.toFixed(2).padStart(8)}  ${textOf(written)}`;
  } else {
    const prompts = Array<number[]>(streams).fill(ids);
    for (const written of await model.generateMany({prompts, length: count, seed, ...sampling})) yield textOf(written);
  }
  model.dispose();
}

try {
  const options = parseWriteOptions(process.argv.slice(2));
  if (options === 'help') console.log(writeUsage);
  else for await (const line of write(options)) console.log(line);
} catch (error) {
  const {message, exitCode} = describeFailure(error);
  console.error(message);
  process.exitCode = exitCode;
}
