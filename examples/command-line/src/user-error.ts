/** Something the user can mend: shown as its message alone, without a stack, before the program ends. */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(
    message: string,
    /** Of the process: 2 where the command line is at fault. */
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
  }

  static isInstance(value: unknown): value is UserError {
    return value instanceof UserError;
  }
}
