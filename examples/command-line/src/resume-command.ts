import path from 'node:path';

export interface ResumeOptions {
  /** The script that starts the program under npm. */
  npmScript: string;
  /** The folder that need not be named. */
  defaultOutput: string;
  /** The program's file. */
  script?: string;
  /** The npm script that the program was started by. */
  startedAs?: string;
}

/** The command that goes on with the run of an output folder, as the one who started it would type it. */
export function resumeCommand(
  output: string,
  {npmScript, defaultOutput, script = process.argv[1]!, startedAs = process.env.npm_lifecycle_event}: ResumeOptions,
): string {
  const command = npmScript === 'start' ? 'npm start' : `npm run ${npmScript}`;
  const program = startedAs === npmScript ? `${command} --` : `node ${quoted(path.relative('', script))}`;
  return `${program} --resume${output === defaultOutput ? '' : ` --output ${quoted(output)}`}`;
}

/** As one word of a command line. */
function quoted(word: string): string {
  if (/^[\w@%+=:,./\\-]+$/.test(word)) return word;
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}
