// Each worker has a colour and a letter, the same everywhere on the page. The colours can be distinguished with colour
// vision deficiencies (Okabe and Ito's set, without those too faint on either background); the letters need no colour.

const COLORS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#8250c4', '#a3a500', '#d55e00'];
const MASTER = '#7d7370';
const places = new Map();

function place(id) {
  if (!places.has(id)) places.set(id, places.size);
  return places.get(id);
}

/// Assigns colours and letters in the order of ids, so that reloading the page does not change them.
export function registerWorkers(ids) {
  for (const id of [...ids].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))) if (id !== 'master') place(id);
}

export const colorOf = (id) => (id === 'master' ? MASTER : COLORS[place(id) % COLORS.length]);

/// "A", "B", ..., "Z", "A2", ...; "M" for the master.
export function letterOf(id) {
  if (id === 'master') return 'M';
  const n = place(id);
  const letters = 'ABCDEFGHIJKLNOPQRSTUVWXYZ'; // M is taken
  return letters[n % letters.length] + (n < letters.length ? '' : Math.floor(n / letters.length) + 1);
}

/// Black or white, whichever has more contrast with the colour.
export function textOn(color) {
  const [r, g, b] = [1, 3, 5].map((at) => (parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.26 ? '#000000' : '#ffffff';
}
