import { html, useEffect, useRef } from '../preact.js';
import { count } from '../state/format.js';
import { color } from '../state/theme.js';

const HEIGHT = 220;
const RETRY_MS = 2000;

/// Loads uPlot and its style sheet on first use.
let loading = null;
async function load() {
  loading ??= (async () => {
    const style = document.createElement('link');
    style.rel = 'stylesheet';
    style.href = new URL('../packages/uplot.css', import.meta.url).pathname;
    document.head.append(style);
    return (await import('../packages/uplot.js')).default;
  })();
  try {
    return await loading;
  } catch (error) {
    loading = null; // so that the next plot retries
    throw error;
  }
}

const alpha = (hex, part) => hex + Math.round(part * 255).toString(16).padStart(2, '0');

function options(uPlot, width, { stroke, name }) {
  const axis = { stroke: color('--on-surface-variant'), grid: { stroke: color('--outline-variant'), width: 1 }, ticks: { show: false }, font: '12px Roboto, sans-serif' };
  return {
    width,
    height: HEIGHT,
    cursor: { drag: { x: true, y: false } },
    scales: { x: { time: false }, y: { range: (_, min, max) => [0, Math.max(max, 1)] }, part: { range: [0, 1] } },
    axes: [
      { ...axis, space: 60, size: 28 },
      { ...axis, size: 52, values: (_, ticks) => ticks.map((n) => (n >= 1e6 ? `${n / 1e6}M` : n >= 1e3 ? `${n / 1e3}k` : n)) },
      { ...axis, scale: 'part', side: 1, size: 44, grid: { show: false }, values: (_, ticks) => ticks.map((n) => `${Math.round(n * 100)}%`) },
    ],
    series: [
      { label: 'Level' },
      {
        label: name, stroke, fill: alpha(stroke, 0.45), width: 1, points: { show: false },
        paths: uPlot.paths.bars({ size: [1], gap: 0 }), value: (_, n) => (n === null ? '–' : count(n)),
      },
      {
        label: 'cumulative', scale: 'part', stroke: color('--primary'), width: 2, points: { show: false },
        value: (_, n) => (n === null ? '–' : `${(n * 100).toFixed(1)} %`),
      },
    ],
  };
}

/// A histogram and its cumulative curve. `bins`: counts; `levels`: the level of each bin.
export function Plot({ title, name, bins, levels, stroke }) {
  const element = useRef();
  useEffect(() => {
    let plot = null, unmounted = false;
    const total = Math.max(1, bins.reduce((sum, n) => sum + n, 0));
    let sum = 0;
    const parts = bins.map((n) => (sum += n) / total);
    const make = async () => {
      const uPlot = await load().catch(() => null);
      if (unmounted) return;
      if (!uPlot) {
        setTimeout(make, RETRY_MS);
        return;
      }
      plot?.destroy();
      plot = new uPlot(options(uPlot, element.current.clientWidth, { stroke: color(stroke), name }), [levels, bins, parts], element.current);
    };
    make();
    const watcher = new ResizeObserver(() => plot?.setSize({ width: element.current.clientWidth, height: HEIGHT }));
    watcher.observe(element.current);
    addEventListener('themechange', make);
    return () => {
      unmounted = true;
      watcher.disconnect();
      removeEventListener('themechange', make);
      plot?.destroy();
    };
  }, [bins, levels]);
  return html`
    <figure class="plot" data-plot=${title.toLowerCase()}>
      <figcaption>${title}</figcaption>
      <div ref=${element} role="img" aria-label=${`${title}: ${name} by level, and their cumulative curve`}></div>
    </figure>`;
}
