// Human-readable numbers and times.

const scaled = (value, units, base) => {
  let i = 0;
  while (value >= base * 0.9995 && i < units.length - 1) {
    value /= base;
    ++i;
  }
  const digits = i === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[i]}`;
};

export const bytes = (n) => scaled(n, ['B', 'kB', 'MB', 'GB', 'TB'], 1000);
export const rate = (n) => `${bytes(n)}/s`;
export const count = (n) => n.toLocaleString('en-US');
export const percent = (part) => `${Math.round(part * 100)} %`;

/// 0.00042 -> "0.42 ms", 0.235 -> "235 ms", 12.3 -> "12.3 s", 75 -> "1:15".
export function duration(seconds) {
  if (seconds === 0) return '0 ms';
  if (seconds < 0.01) return `${(seconds * 1000).toFixed(seconds < 0.001 ? 2 : 1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}

/// Milliseconds as "just now", "4 s ago", "3 min ago".
export function ago(ms) {
  if (ms < 1500) return 'just now';
  if (ms < 60000) return `${Math.round(ms / 1000)} s ago`;
  return `${Math.round(ms / 60000)} min ago`;
}

export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/// "6000 × 4000, 8-bit colour JPEG" from the API's `image` object.
export function imageWords({ width, height, bits, color, format, pages }) {
  return `${width} × ${height}, ${bits}-bit ${color ? 'colour' : 'gray'} ${format}${pages > 1 ? `, ${pages} pages` : ''}`;
}
