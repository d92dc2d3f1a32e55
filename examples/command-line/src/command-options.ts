import {parseArgs} from 'node:util';
import {UserError} from './user-error';

export interface OptionDefinition {
  /** What it takes, as the help shows it: `N`; nothing for a switch. */
  value?: string;
  about: string;
}

/** An option that was typed; a switch has no value. */
export interface GivenOption {
  name: string;
  value: string;
}

/** The options of a program: their list for the help, their values from a command line, and what to say of wrong ones. */
export class CommandOptions {
  /** One line for each. */
  readonly list: string;
  readonly #definitions: Record<string, OptionDefinition>;
  readonly #command: string;

  /** @param command how the program is started, for an example in an error: `npm start`. */
  constructor(command: string, definitions: Record<string, OptionDefinition>) {
    this.#command = command;
    this.#definitions = {...definitions, help: {about: 'show this'}};
    this.list = Object.entries(this.#definitions)
      .map(([name, {value, about}]) => `  ${`--${name}${value ? ` ${value}` : ''}`.padEnd(20)} ${about}`)
      .join('\n');
  }

  /**
   * The options of a command line, in its order.
   *
   * @returns 'help' where --help is among them, whatever else is.
   * @throws UserError with exit code 2 where an option is unknown, or has a value too many or none.
   */
  read(commandLine: string[]): GivenOption[] | 'help' {
    // Not strict: the messages of util.parseArgs speak to programmers, ours to the one who typed the line.
    const {tokens} = parseArgs({
      args: commandLine,
      strict: false,
      tokens: true,
      options: Object.fromEntries([
        ...Object.entries(this.#definitions).map(
          ([name, {value}]) => [name, {type: value ? 'string' : 'boolean'}] as const,
        ),
        ['help', {type: 'boolean', short: 'h'}],
      ]),
    });
    if (tokens.some((token) => token.kind === 'option' && token.name === 'help' && token.value === undefined)) {
      return 'help';
    }
    const given: GivenOption[] = [];
    for (const token of tokens) {
      if (token.kind === 'option-terminator') continue;
      if (token.kind === 'positional') {
        throw this.wrong(
          `"${token.value}" stands alone, expected an option before it. With npm, options come after a "--" of their own: ${this.#command} -- --steps 100.`,
        );
      }
      const {name, value = ''} = token;
      const definition = Object.hasOwn(this.#definitions, name) ? this.#definitions[name] : undefined;
      if (!definition) throw this.wrong(`${token.rawName} is no option of this program.`);
      if (!definition.value) {
        if (token.value !== undefined) throw this.wrong(`--${name} was given "${value}", and takes no value.`);
      } else if (!value) throw this.wrong(`--${name} has no value, expected --${name} ${definition.value}.`);
      else if (!token.inlineValue && /^--?[a-z]/.test(value)) {
        throw this.wrong(`--${name} has no value: "${value}" looks like another option.`);
      }
      given.push({name, value});
    }
    return given;
  }

  wholeNumber({name, value}: GivenOption, least: number, most: number): number {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    throw this.wrong(`--${name} is "${value}", expected a whole number from ${least} to ${most}.`);
  }

  positive({name, value}: GivenOption): number {
    const number = Number(value);
    if (/^[\d.]+(e-?\d+)?$/.test(value) && number > 0 && number < Number.POSITIVE_INFINITY) return number;
    throw this.wrong(`--${name} is "${value}", expected a number above 0, such as 0.002.`);
  }

  oneOf<Name extends string>({name, value}: GivenOption, names: readonly Name[]): Name {
    const found = names.find((other) => other === value);
    if (found) return found;
    throw this.wrong(`--${name} is "${value}", expected one of ${names.join(', ')}.`);
  }

  /** An error that shows the options. */
  wrong(message: string): UserError {
    return new UserError(`${message}\n\nThe options:\n${this.list}`, 2);
  }
}
