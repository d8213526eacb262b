import { type DeviceJson, deviceRow } from './devices.js';
import { element, setAttribute, withAttributes } from './elements.js';
import { oncePerFrame } from './frames.js';
import { type Column, rowOf, showRow } from './rows.js';

const DEVICE_COLUMNS: readonly Column[] = [
  { title: 'Device' },
  { title: 'Contact', isWide: true },
  { title: 'Objects' },
  { title: 'Heard', isWide: true },
  { title: 'Triggers', isWide: true },
  { title: 'Address', isWide: true },
];
/** Rows beside those that can be seen, so that a short scroll needs none that are not there. */
const SPARE_ROWS = 8;

/** A table of any number of devices, of which only the rows that can be seen exist. All rows are of one height. */
export class DeviceTable {
  readonly element: HTMLElement;
  readonly #table = element('table');
  readonly #above = element('tr', 'gap', element('td'));
  readonly #below = element('tr', 'gap', element('td'));
  readonly #body = element('tbody');
  readonly #draw = oncePerFrame(() => this.#show());
  /** The rows that exist, in their order, each with the device that it shows. */
  readonly #rows: { readonly row: HTMLTableRowElement; device: DeviceJson | undefined }[] = [];
  /** Place of the device that the first of them shows. */
  #first = 0;
  #devices: readonly DeviceJson[] = [];
  #rowPx = 0;

  constructor() {
    const heads = DEVICE_COLUMNS.map(({ title, isWide }) =>
      withAttributes(element('th', isWide ? 'wide' : '', title), { scope: 'col' }),
    );
    for (const gap of [this.#above, this.#below]) withAttributes(gap, { 'aria-hidden': 'true' });
    this.#table.append(
      element('caption', 'unseen', 'Devices'),
      element('thead', '', element('tr', '', ...heads)),
      this.#body,
    );
    this.#body.append(this.#above, this.#below);
    const place = element('div', 'devices', this.#table);
    this.element = withAttributes(place, { role: 'region', tabindex: '0', 'aria-label': 'Devices' });
    this.element.addEventListener('scroll', this.#draw, { passive: true });
    new ResizeObserver(this.#draw).observe(this.element);
  }

  /** Is drawn with the next picture. */
  show(devices: readonly DeviceJson[]): void {
    this.#devices = devices;
    this.#draw();
  }

  #show(): void {
    this.#rowPx ||= 2 * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const { scrollTop, clientHeight } = this.element;
    const shownCount = Math.ceil(clientHeight / this.#rowPx) + 2 * SPARE_ROWS;
    const last = Math.max(0, this.#devices.length - shownCount);
    const first = Math.min(last, Math.max(0, Math.floor(scrollTop / this.#rowPx) - SPARE_ROWS));
    const devices = this.#devices.slice(first, first + shownCount);
    this.#makeRows(devices.length);
    this.#turnTo(first);
    for (const [i, device] of devices.entries()) {
      const shown = this.#rows[i]!;
      setAttribute(shown.row, 'aria-rowindex', String(first + i + 2));
      if (shown.device === device) continue;
      shown.device = device;
      showRow(shown.row, deviceRow(device));
    }
    setAttribute(this.#table, 'aria-rowcount', String(this.#devices.length + 1));
    setHeight(this.#above, first * this.#rowPx);
    setHeight(this.#below, (this.#devices.length - first - devices.length) * this.#rowPx);
  }

  #makeRows(count: number): void {
    for (const { row } of this.#rows.splice(count)) row.remove();
    while (this.#rows.length < count) {
      const row = rowOf(DEVICE_COLUMNS);
      this.#rows.push({ row, device: undefined });
      this.#below.before(row);
    }
  }

  /** After a short scroll most rows show what they showed: only those that have left one end come to the other. */
  #turnTo(first: number): void {
    const moved = first - this.#first;
    this.#first = first;
    if (Math.abs(moved) >= this.#rows.length) return;
    if (moved > 0) {
      const gone = this.#rows.splice(0, moved);
      this.#below.before(...gone.map(({ row }) => row));
      this.#rows.push(...gone);
    } else if (moved < 0) {
      const gone = this.#rows.splice(moved);
      this.#above.after(...gone.map(({ row }) => row));
      this.#rows.unshift(...gone);
    }
  }
}

function setHeight(row: HTMLElement, px: number): void {
  row.style.height = `${px}px`;
}
