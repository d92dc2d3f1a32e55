// A checkpoint on disk is a folder of two files: `checkpoint.json`, and the safetensors file that it names with its length
// and sha256. Both are written whole beside the old ones, the tensors under a name of their own; renaming checkpoint.json
// into place is the one moment at which the new checkpoint replaces the old, and only then is the old tensors file
// removed. A crash, a full disk or a pulled plug at any point leaves the old checkpoint or the new one, never half of each.
import {createCheckpointFiles} from '#checkpoint-files';
import {CheckpointError} from '../errors/checkpoint-error';
import type {Checkpoint} from './checkpoint';
import {inTurn} from './in-turn';
import {isJSONObject, type JSONObject, stringifyExactly} from './json';
import {decodeSafetensors, encodeSafetensors} from './safetensors';

const description = 'checkpoint.json';
const format = {format: 'gatefold-checkpoint', version: 1} as const;

/**
 * Writes a checkpoint into a folder, which is made where it is missing; the checkpoint there before is replaced at once,
 * or on an error not at all. In a page the folder is one of the page's private file system. Calls of one process take
 * turns; two processes must not write to the same folder.
 *
 * @throws CheckpointError where the folder cannot be written: no permission, a full disk, a file in the way.
 * @throws RangeError where a shape does not hold its data, or `state` holds NaN or an infinity.
 * @example await writeCheckpoint('run/checkpoint', await training.checkpoint());
 *
 * Memory: a copy of the tensors, made before it returns, so that training may go on meanwhile.
 */
export async function writeCheckpoint(folder: string, {kind, state, tensors}: Checkpoint): Promise<void> {
  const bytes = encodeSafetensors(tensors, {kind});
  const stateText = stringifyExactly(state);
  await inTurn(async () => {
    const sha256 = await sha256Of(bytes);
    const file = `tensors-${sha256.slice(0, 16)}.safetensors`;
    const content = {kind, tensors: {file, bytes: bytes.length, sha256}, state: JSON.parse(stateText)};
    const json = `${stringifyExactly({...format, sha256: await digestOf(content), ...content}, 2)}\n`;
    const files = createCheckpointFiles(folder);
    try {
      await files.write([
        [file, bytes],
        [description, new TextEncoder().encode(json)],
      ]);
    } catch (error) {
      throw new CheckpointError(
        `The checkpoint could not be written to ${folder}: ${messageOf(error)}. ` +
          'What was there before is untouched. Free some space or choose another folder.',
        {cause: error},
      );
    }
    // The new checkpoint is in place: what cannot be removed now, the next write will remove.
    await files.removeOthers([file, description]).catch(() => undefined);
  });
}

/**
 * Reads the checkpoint of a folder and checks it whole.
 *
 * @throws CheckpointError where there is none, or a file of it is cut, changed or of an unknown version.
 * @example const model = LanguageModel.fromCheckpoint(await readCheckpoint('run/checkpoint'));
 */
export function readCheckpoint(folder: string): Promise<Checkpoint> {
  return inTurn(async () => {
    const files = createCheckpointFiles(folder);
    const read = (name: string) =>
      files.read(name).catch((error: unknown) => {
        throw new CheckpointError(
          `There is no readable ${name} in ${folder}: ${messageOf(error)}. ` +
            'Check that this is the folder a checkpoint was written to, with all its files.',
          {cause: error},
        );
      });
    const {kind, state, tensors} = await parseDescription(await read(description), folder);
    const bytes = await read(tensors.file);
    const sha256 = await sha256Of(bytes);
    if (bytes.length !== tensors.bytes || sha256 !== tensors.sha256) {
      throw new CheckpointError(
        `${tensors.file} in ${folder} has ${bytes.length} bytes and sha256 ${sha256}, expected ${tensors.bytes} bytes ` +
          `and ${tensors.sha256}: it was cut or changed. Take another copy of the checkpoint.`,
      );
    }
    return {kind, state, tensors: decodeSafetensors(bytes).tensors};
  });
}

type Description = {
  kind: string;
  tensors: {file: string; bytes: number; sha256: string};
  state: JSONObject;
};

async function parseDescription(bytes: Uint8Array, folder: string): Promise<Description> {
  const wrong = (what: string) => new CheckpointError(`${description} in ${folder} ${what}.`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(bytes));
  } catch {
    throw wrong('is not whole JSON: it was cut or changed. Take another copy of the checkpoint');
  }
  if (!isJSONObject(json) || json.format !== format.format) throw wrong('is not of a Gatefold checkpoint');
  if (json.version !== format.version) {
    throw wrong(`is of version ${json.version}, expected ${format.version}: use the version of Gatefold that wrote it`);
  }
  const {sha256, kind, tensors, state} = json;
  const complete =
    typeof sha256 === 'string' &&
    typeof kind === 'string' &&
    isJSONObject(state) &&
    isJSONObject(tensors) &&
    typeof tensors.file === 'string' &&
    /^[\w.-]+$/.test(tensors.file) &&
    typeof tensors.bytes === 'number' &&
    typeof tensors.sha256 === 'string';
  if (!complete) throw wrong('lacks a part: sha256, kind, state, or the name, length and sha256 of the tensors');
  const content = {kind, tensors: tensors as Description['tensors'], state};
  if (sha256 !== (await digestOf(content))) {
    throw wrong('was changed after it was written: its sha256 differs. Take another copy of the checkpoint');
  }
  return content;
}

/** Of the content rather than of the text: indentation and line ends may change on the way, a number may not. */
function digestOf({kind, tensors: {file, bytes, sha256}, state}: Description): Promise<string> {
  const content = {kind, tensors: {file, bytes, sha256}, state};
  return sha256Of(new TextEncoder().encode(JSON.stringify(content)));
}

async function sha256Of(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Without a full stop at its end, which browsers' messages have and Node's have not. */
function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
