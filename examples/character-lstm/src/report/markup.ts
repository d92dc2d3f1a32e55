/** HTML that needs no more escaping. */
export class Markup {
  constructor(readonly text: string) {}
}

/** A template of HTML: strings and numbers put into it are escaped, other markup and lists of it go in as they are. */
export function html(parts: TemplateStringsArray, ...values: (string | number | Markup | Markup[])[]): Markup {
  return new Markup(String.raw({raw: parts}, ...values.map(textOf)));
}

function textOf(value: string | number | Markup | Markup[]): string {
  if (Array.isArray(value)) return value.map(textOf).join('');
  return value instanceof Markup ? value.text : escaped(String(value));
}

const entities: Record<string, string> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
