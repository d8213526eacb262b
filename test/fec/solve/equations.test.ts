import { describe, expect, it } from 'vitest';
import { blockCode } from '../../../dist/fec/code.js';
import { appendSymbol, equationsFor, MAX_SYMBOL_TERMS } from '../../../dist/fec/solve/equations.js';

describe('equationsFor', () => {
  it('gives symbols of the block and repair symbols the columns of the RFC, the permanent ones last', () => {
    for (const sourceCount of [1, 100, 1024, 100]) {
      const code = blockCode(sourceCount);
      const ids = [code.paddedCount + 7, 0, code.paddedCount - 1, 70_000, Math.floor(sourceCount / 2)];
      const rows = equationsFor(code, ids);
      expect(rows.count).toBe(code.ldpcCount + ids.length);
      ids.forEach((id, i) => {
        const row = code.ldpcCount + i;
        const columns = new Uint16Array(MAX_SYMBOL_TERMS);
        const end = appendSymbol(code, id, columns, 0);
        expect(rows.columns.slice(rows.starts[row], rows.starts[row + 1])).toEqual(columns.slice(0, end));
      });
      for (let row = 0; row < rows.count; row++) {
        const isPermanent = [...rows.columns.subarray(rows.starts[row], rows.starts[row + 1])].map(
          (column) => column >= code.ltCount,
        );
        expect(isPermanent.indexOf(true)).toBe(rows.permanents[row]! - rows.starts[row]!);
        expect(isPermanent.lastIndexOf(false)).toBe(isPermanent.indexOf(true) - 1);
      }
    }
  });

  it('grows for symbols that all have long rows', () => {
    const code = blockCode(1024);
    const columns = new Uint16Array(MAX_SYMBOL_TERMS);
    const ids: number[] = [];
    for (let id = code.paddedCount; ids.length < 1024; id++) if (appendSymbol(code, id, columns, 0) > 12) ids.push(id);
    const rows = equationsFor(code, ids);
    const last = code.ldpcCount + ids.length - 1;
    const end = appendSymbol(code, ids.at(-1)!, columns, 0);
    expect(rows.columns.slice(rows.starts[last], rows.starts[last + 1])).toEqual(columns.slice(0, end));
  });
});
