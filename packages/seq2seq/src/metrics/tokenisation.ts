/** How texts are cut into the tokens that BLEU counts. */
export type Tokenisation = keyof typeof tokenisers;

/** What Python's `str.split()` divides at, which is not what `\s` is in JavaScript. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the separators of ASCII are among them
const whiteSpace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;
const ending = new RegExp(`(?:${whiteSpace.source})?$`, 'u');

const tokenisers = {
  '13a': (text: string) => mteval13a(text),
  char: (text: string) => [...text].join(' '),
  none: (text: string) => text,
} as const;

/** The tokens of a text, as sacreBLEU has them. */
export function tokensOf(text: string, tokenisation: Tokenisation): string[] {
  return tokenisers[tokenisation](text).split(whiteSpace).filter(Boolean);
}

export function isTokenisation(name: string): name is Tokenisation {
  return Object.hasOwn(tokenisers, name);
}

export const tokenisations = Object.keys(tokenisers) as Tokenisation[];

/** Of mteval-v13a, the script of the WMT campaigns: punctuation apart, but not within numbers. */
function mteval13a(text: string): string {
  const plain = withoutEnd(text)
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
  return ` ${plain} `
    .replace(/([{-~[-` -&(-+:-@/])/g, ' $1 ')
    .replace(/([^0-9])([.,])/gu, '$1 $2 ')
    .replace(/([.,])([^0-9])/gu, ' $1 $2')
    .replace(/([0-9])(-)/g, '$1 $2 ');
}

/** A line's end is none of its characters: `-\n` there is a dash, within a text it is a word that was divided. */
function withoutEnd(text: string): string {
  return text.slice(0, text.search(ending));
}
