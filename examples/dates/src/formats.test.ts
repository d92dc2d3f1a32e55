import {expect, it} from 'vitest';
import {formats, formatted} from './formats';

it('writes a date in every format', () => {
  expect(formats.map((format) => formatted({year: 2019, month: 1, day: 20}, format))).toEqual([
    ...['20JAN2019', '012019', '01/20/19', '01/20/2019', '20-01-2019', 'JAN 20 19', 'JAN 20 2019', 'JAN 20, 19'],
    ...['JAN 20, 2019', '20.01.2019', '2019.01.20', '20190120', '2019-01-20'],
  ]);
});
