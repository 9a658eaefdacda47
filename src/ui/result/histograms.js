import { html, useMemo, useState } from '../preact.js';
import { LevelsTable } from './levels_table.js';
import { Plot } from './plot.js';
import { rebin, useHistograms } from './use_histograms.js';

const BINS = 256;
const NAMES = { luma: 'Brightness', gray: 'Gray', red: 'Red', green: 'Green', blue: 'Blue' };

/// The histograms of a page before and after, with their cumulative curves, and its table.
export function Histograms({ job }) {
  const [page, setPage] = useState(1);
  const [chosen, choose] = useState(0);
  const found = useHistograms(job, page);
  const plane = found?.planes[Math.min(chosen, found.planes.length - 1)];
  const { before, after, levels } = useMemo(() => {
    if (!plane) return {};
    const width = plane.before.length / Math.min(BINS, plane.before.length);
    const binned = rebin(plane.before, BINS);
    return { before: binned, after: rebin(plane.after, BINS), levels: binned.map((_, i) => i * width) };
  }, [plane]);
  if (!plane) return html`<p class="empty">Loading histograms…</p>`;
  return html`
    <div class="histograms">
      <div class="controls">
        ${found.pages > 1 && html`<label class="select-label"><span>Page</span>
          <select value=${page} onChange=${(event) => setPage(Number(event.target.value))}>
            ${Array.from({ length: found.pages }, (_, i) => html`<option key=${i} value=${i + 1}>${i + 1}</option>`)}</select></label>`}
        ${found.planes.length > 1 && html`<label class="select-label"><span>Channel</span>
          <select value=${chosen} onChange=${(event) => choose(Number(event.target.value))}>
            ${found.planes.map(({ name }, i) => html`<option key=${name} value=${i}>${NAMES[name] ?? name}</option>`)}</select></label>`}
        <p class="hint">${NAMES[plane.name] ?? plane.name}, ${found.bits} bits${plane.before.length > BINS ? `, ${plane.before.length / BINS} levels per bar` : ''}.
          Equalization spreads the levels, so that the cumulative curve approaches a straight line.</p>
      </div>
      <div class="plots">
        <${Plot} title="Before" name="samples" bins=${before} levels=${levels} stroke="--before" />
        <${Plot} title="After" name="samples" bins=${after} levels=${levels} stroke="--before" />
      </div>
      <${LevelsTable} key=${`${page} ${chosen}`} plane=${plane} path=${`/api/v1/jobs/${job.id}/histograms?page=${page}`} />
    </div>`;
}
