import {expect, it} from 'vitest';
import {html} from './markup';

it('escapes text, and takes markup and lists of it as they are', () => {
  const items = ['<a> & b', '"c"'].map((text) => html`<li title="${text}">${text}</li>`);
  expect(html`<ul>${items}</ul>${2}`.text).toBe(
    '<ul><li title="&lt;a&gt; &amp; b">&lt;a&gt; &amp; b</li><li title="&quot;c&quot;">&quot;c&quot;</li></ul>2',
  );
});

it('does not take a backslash for an escape', () => {
  expect(html`${'C:\\new'}`.text).toBe('C:\\new');
});
