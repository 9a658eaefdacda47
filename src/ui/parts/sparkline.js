import { html } from '../preact.js';

const WIDTH = 120, HEIGHT = 28;

/// A worker's throughput over the last half minute. `values`: the newest last; `peak`: the value of the full height.
export function Sparkline({ values, peak, places, label }) {
  const step = WIDTH / (places - 1);
  const first = WIDTH - (values.length - 1) * step;
  const y = (value) => (HEIGHT - 2 - (peak > 0 ? value / peak : 0) * (HEIGHT - 4)).toFixed(1);
  const points = values.map((value, i) => `${(first + i * step).toFixed(1)},${y(value)}`).join(' ');
  return html`
    <svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${label}>
      <polygon points="${first.toFixed(1)},${HEIGHT} ${points} ${WIDTH},${HEIGHT}" />
      <polyline points=${points} vector-effect="non-scaling-stroke" />
    </svg>`;
}
