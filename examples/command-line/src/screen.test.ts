import {describe, expect, it} from 'vitest';
import {Screen, type ScreenStream} from './screen';

function fakeStream(properties: Partial<ScreenStream> = {}): ScreenStream & {written: string} {
  return {
    written: '',
    write(text: string) {
      this.written += text;
    },
    ...properties,
  };
}

describe('Screen', () => {
  it('writes plain lines and nothing else where there is no terminal', () => {
    const stream = fakeStream();
    const screen = new Screen(stream, {FORCE_COLOR: '1'});
    screen.live(() => 'live');
    screen.line(screen.colours.bold('stays'));
    screen.endLive();
    expect(stream.written).toBe('stays\n');
  });

  it('keeps one live line below the lines that stay', () => {
    const stream = fakeStream({isTTY: true, columns: 40});
    const screen = new Screen(stream, {});
    screen.live(() => 'live');
    screen.line('stays');
    screen.endLive();
    screen.line('last');
    expect(stream.written).toBe('live\r\x1b[Kstays\nlive\r\x1b[Klast\n');
  });

  it('rewrites the live line at most every tenth of a second', () => {
    const stream = fakeStream({isTTY: true});
    const screen = new Screen(stream, {});
    for (let time = 0; time < 50; time++) screen.live(() => `look ${time}`);
    expect(stream.written).toBe('look 0');
  });

  it.each([10, 40, 200])('fits the live line into %d columns', (columns) => {
    const stream = fakeStream({isTTY: true, columns});
    new Screen(stream, {}).live(() => 'x'.repeat(500));
    expect(stream.written).toHaveLength(columns - 1);
  });

  it('takes a terminal that does not know its width for 80 columns', () => {
    expect(new Screen(fakeStream({isTTY: true, columns: 0}), {}).width).toBe(79);
  });

  it.each([
    ['colours a terminal', {isTTY: true}, {}, '\x1b[1mbold\x1b[22m'],
    ['heeds NO_COLOR', {isTTY: true}, {NO_COLOR: '1'}, 'bold'],
    ['heeds a terminal without colours', {isTTY: true, hasColors: () => false}, {}, 'bold'],
    ['heeds TERM=dumb', {isTTY: true}, {TERM: 'dumb'}, 'bold'],
  ])('%s', (_, stream, environment, expected) => {
    expect(new Screen(fakeStream(stream), environment).colours.bold('bold')).toBe(expected);
  });
});
