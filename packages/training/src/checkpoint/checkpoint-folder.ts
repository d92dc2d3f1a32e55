// A checkpoint on disk is a folder of two files: `checkpoint.json`, and the safetensors file that it names with its length
// and sha256. The tensors are written first, under a name of their own; renaming checkpoint.json into place is the one
// moment at which the new checkpoint replaces the old, and only then is the old tensors file removed. A crash, a full
// disk or a pulled plug at any point leaves the old checkpoint or the new one, never half of each.
import {createCheckpointFiles} from '#checkpoint-files';
import {CheckpointError} from '../errors/checkpoint-error';
import type {Checkpoint} from './checkpoint';
import {isJSONObject, type JSONObject} from './json';
import {decodeSafetensors, encodeSafetensors} from './safetensors';

const description = 'checkpoint.json';
const format = {format: 'gatefold-checkpoint', version: 1} as const;

/**
 * Writes a checkpoint into a folder, which is made where it is missing; the checkpoint there before is replaced at once,
 * or on an error not at all.
 *
 * @throws CheckpointError where the folder cannot be written: no permission, a full disk, a file in the way.
 * @example await writeCheckpoint('run/checkpoint', await training.checkpoint());
 */
export async function writeCheckpoint(folder: string, {kind, state, tensors}: Checkpoint): Promise<void> {
  const files = createCheckpointFiles(folder);
  const bytes = encodeSafetensors(tensors, {kind});
  const sha256 = await sha256Of(bytes);
  const tensorsFile = `tensors-${sha256.slice(0, 16)}.safetensors`;
  const json = `${JSON.stringify({...format, kind, tensors: {file: tensorsFile, bytes: bytes.length, sha256}, state}, null, 2)}\n`;
  try {
    await files.write(tensorsFile, bytes);
    await files.write(description, new TextEncoder().encode(json));
    await files.removeOthers([tensorsFile, description]);
  } catch (error) {
    throw new CheckpointError(
      `The checkpoint could not be written to ${folder}: ${messageOf(error)}. ` +
        'What was there before is untouched. Free some space or choose another folder.',
      {cause: error},
    );
  }
}

/**
 * Reads the checkpoint of a folder and checks it whole.
 *
 * @throws CheckpointError where there is none, or a file of it is cut, changed or of an unknown version.
 * @example const model = LanguageModel.fromCheckpoint(await readCheckpoint('run/checkpoint'));
 */
export async function readCheckpoint(folder: string): Promise<Checkpoint> {
  const files = createCheckpointFiles(folder);
  const read = (name: string) =>
    files.read(name).catch((error: unknown) => {
      throw new CheckpointError(`There is no readable ${name} in ${folder}: ${messageOf(error)}.`, {cause: error});
    });
  const {kind, state, tensors} = parseDescription(await read(description), folder);
  const bytes = await read(tensors.file);
  const sha256 = await sha256Of(bytes);
  if (bytes.length !== tensors.bytes || sha256 !== tensors.sha256) {
    throw new CheckpointError(
      `${tensors.file} in ${folder} has ${bytes.length} bytes and sha256 ${sha256}, expected ${tensors.bytes} bytes and ` +
        `${tensors.sha256}: it was cut or changed. Take another copy of the checkpoint.`,
    );
  }
  return {kind, state, tensors: decodeSafetensors(bytes).tensors};
}

interface Description {
  kind: string;
  state: JSONObject;
  tensors: {file: string; bytes: number; sha256: string};
}

function parseDescription(bytes: Uint8Array, folder: string): Description {
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
  const {kind, state, tensors} = json;
  const complete =
    typeof kind === 'string' &&
    isJSONObject(state) &&
    isJSONObject(tensors) &&
    typeof tensors.file === 'string' &&
    /^[\w.-]+$/.test(tensors.file) &&
    typeof tensors.bytes === 'number' &&
    typeof tensors.sha256 === 'string';
  if (!complete) throw wrong('lacks a part: kind, state, or the name, length and sha256 of the tensors');
  return {kind, state, tensors: tensors as Description['tensors']};
}

async function sha256Of(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
