import { html, useRef } from '../preact.js';
import { colorOf, letterOf } from '../state/colors.js';
import { color } from '../state/theme.js';
import { Canvas } from './canvas.js';

const LABEL = 30, LANE = 30, ROW = 4;

/// Assigns overlapping attempts to different rows.
function stack(attempts, rows) {
  const ends = new Array(rows).fill(-1);
  return attempts.map((attempt) => {
    let row = ends.findIndex((end) => end <= attempt.from);
    if (row < 0) row = ends.indexOf(Math.min(...ends));
    ends[row] = attempt.to;
    return { ...attempt, row };
  });
}

/// Activity over time, a lane per worker. Counting is drawn lighter than mapping.
export function Lanes({ timeline, now, moving, seek }) {
  const plot = useRef({ left: LABEL, width: 1 });
  const rows = Math.floor((LANE - 6) / ROW);
  const draw = (context, { width, height }) => {
    const total = Math.max(timeline.latest, 1e-9), available = width - LABEL - 4;
    plot.current = { left: LABEL, width: available };
    const x = (t) => LABEL + (Math.min(t, total) / total) * available;
    const t = now();
    context.clearRect(0, 0, width, height);
    context.font = `12px ${color('--font') || 'sans-serif'}`;
    context.textBaseline = 'middle';
    for (const { phase, at } of timeline.phases) {
      if (!['map', 'reduce', 'apply'].includes(phase)) continue;
      context.fillStyle = color('--outline');
      context.fillRect(x(at), 0, 1, height);
      context.fillStyle = color('--on-surface-variant');
      if (phase !== 'reduce') context.fillText(phase, x(at) + 4, 8);
    }
    timeline.sortedWorkers().forEach((worker, i) => {
      const top = 18 + i * LANE;
      context.fillStyle = color('--surface-container');
      context.fillRect(LABEL, top, available, LANE - 4);
      context.fillStyle = color('--on-surface');
      context.fillText(letterOf(worker), 8, top + LANE / 2 - 2);
      for (const { from, to, phase, end, row } of stack(timeline.attempts.filter((one) => one.worker === worker), rows)) {
        context.globalAlpha = (phase === 'map' ? 0.55 : 1) * (from > t ? 0.25 : 1);
        context.fillStyle = end === 'failed' ? color('--error') : colorOf(worker);
        context.fillRect(x(from), top + 1 + row * ROW, Math.max(1.5, x(to) - x(from) - 0.5), ROW - 1);
      }
      context.globalAlpha = 1;
      const lost = timeline.lost.get(worker);
      if (lost !== undefined) {
        context.fillStyle = color('--error');
        context.fillText('✕ lost', x(lost) + 3, top + LANE / 2 - 2);
      }
    });
    context.fillStyle = color('--primary');
    context.fillRect(x(t) - 1, 0, 2, height);
  };
  const click = (event) => {
    const { left, width } = plot.current;
    const part = (event.clientX - event.currentTarget.getBoundingClientRect().left - left) / width;
    seek(Math.min(1, Math.max(0, part)) * timeline.latest);
  };
  return html`
    <div class="lanes" onClick=${click}>
      <${Canvas} draw=${draw} height=${() => 20 + Math.max(timeline.workers.length, 1) * LANE} moving=${moving}
        label="Activity over time, a lane for each worker" />
    </div>`;
}
