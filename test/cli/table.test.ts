import { expect, it } from 'vitest';
import { gravestOf } from '../../src/cli/exit-codes.ts';
import { table, widthOf } from '../../src/cli/table.ts';

it('aligns columns, numbers to the right, without blanks at the ends of lines', () => {
  expect(
    table(
      ['name', 'records', 'note'],
      [
        ['a', '12', 'x'],
        ['longer', '1,234', ''],
      ],
      false,
    ).split('\n'),
  ).toEqual(['name    records  note', 'a            12  x', 'longer    1,234']);
});

it('counts what a terminal shows: wide signs as two columns, marks as none', () => {
  expect([widthOf('abc'), widthOf('日本'), widthOf('e\u0301'), widthOf('†')]).toEqual([3, 4, 1, 1]);
  const [, first = '', second = ''] = table(
    ['a', 'b'],
    [
      ['日本', 'x'],
      ['abcd', 'y'],
    ],
    false,
  ).split('\n');
  expect([first, second]).toEqual(['日本  x', 'abcd  y']);
});

it('colours without moving a column', () => {
  const rows = [[{ text: 'bad', color: 'red' }, 'x'] as const, ['better', 'y'] as const];
  // eslint-disable-next-line no-control-regex -- what colours are made of
  const stripped = table(['a', 'b'], rows, true).replace(/\u001b\[\d+m/g, '');
  expect(stripped).toBe(table(['a', 'b'], rows, false));
  expect(table(['a', 'b'], rows, true)).toContain('\u001b[31mbad\u001b[39m');
});

it('writes what would steer a terminal as text', () => {
  expect(table(['a'], [['\u001b[2Jgone\r\n\u202e']], false)).toBe('a\n\\x1b[2Jgone\\r\\n\\u202e');
});

it('ends with the gravest of several codes', () => {
  expect(gravestOf([])).toBe(0);
  expect(gravestOf([0, 75, 77])).toBe(77);
  expect(gravestOf([3, 75, 0])).toBe(75);
  expect(gravestOf([0, 3])).toBe(3);
});
