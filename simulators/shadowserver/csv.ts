/** A cell as a CSV file holds it: in quotes where it has to be. */
export function encodeCell(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

const MINUTES = Array.from({ length: 1440 }, (_, minute) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`);
const SECONDS = Array.from({ length: 60 }, (_, second) => `:${two(second)}`);
const BYTES = Array.from({ length: 256 }, (_, byte) => `.${byte}`);

/** A second of the day as `23:59:59`. */
export function clockText(second: number): string {
  return (MINUTES[Math.floor(second / 60)] ?? '') + (SECONDS[second % 60] ?? '');
}

/** 32 bits as an IPv4 address. */
export function addressText(bits: number): string {
  const start = String(bits >>> 24);
  return start + (BYTES[(bits >>> 16) & 255] ?? '') + (BYTES[(bits >>> 8) & 255] ?? '') + (BYTES[bits & 255] ?? '');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
