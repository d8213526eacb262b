/** Groups of columns that are connected (union-find). A group is never divided: when one of its columns is settled, all soon are. */
export class ColumnGroups {
  private readonly parent: StaticArray<u16>;
  private readonly sizes: StaticArray<u16>;
  /** The columns that stand for the groups of two and more; a walk of the list drops those that no longer do. */
  private readonly heads: StaticArray<u16>;
  private headsEnd: i32 = 0;

  constructor(columnCount: i32) {
    const parent = new StaticArray<u16>(columnCount);
    const sizes = new StaticArray<u16>(columnCount);
    for (let column = 0; column < columnCount; column++) {
      parent[column] = <u16>column;
      sizes[column] = 1;
    }
    this.parent = parent;
    this.sizes = sizes;
    this.heads = new StaticArray<u16>(columnCount);
  }

  /** Makes the groups of two columns one. */
  join(left: i32, right: i32): void {
    const a = this.headOf(left);
    const b = this.headOf(right);
    if (a === b) return;
    const sizes = this.sizes;
    const isLarger = sizes[a] >= sizes[b];
    const large = isLarger ? a : b;
    const small = isLarger ? b : a;
    this.parent[small] = <u16>large;
    sizes[large] = sizes[large] + sizes[small];
    if (sizes[large] === 2) this.heads[this.headsEnd++] = <u16>large;
  }

  /** The column that stands for the largest group of columns that are not settled; −1 if there is none of two or more. */
  largest(settled: StaticArray<u8>): i32 {
    const heads = this.heads;
    const sizes = this.sizes;
    let best = -1;
    let end = 0;
    for (let i = 0; i < this.headsEnd; i++) {
      const column = <i32>heads[i];
      if (settled[column] === 1 || <i32>this.parent[column] !== column) continue;
      heads[end++] = <u16>column;
      if (best < 0 || sizes[column] > sizes[best]) best = column;
    }
    this.headsEnd = end;
    return best;
  }

  private headOf(column: i32): i32 {
    const parent = this.parent;
    let at = column;
    while (<i32>parent[at] !== at) {
      parent[at] = parent[parent[at]];
      at = parent[at];
    }
    return at;
  }
}
