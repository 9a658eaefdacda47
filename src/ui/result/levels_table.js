import { html, useState } from '../preact.js';
import { count } from '../state/format.js';

const ROWS = 64;

/// The table of the reduce phase: for each level, how many samples have it, and the new level.
export function LevelsTable({ plane, path }) {
  const [first, setFirst] = useState(() => Math.max(0, Math.floor(plane.before.findIndex((n) => n > 0) / ROWS) * ROWS));
  const last = Math.min(first + ROWS, plane.table.length) - 1;
  const rows = [];
  for (let level = first; level <= last; ++level) {
    rows.push(html`<tr key=${level} class=${plane.before[level] > 0 ? '' : 'unused'}>
      <th scope="row">${level}</th><td>${count(plane.before[level])}</td><td>${plane.table[level]}</td></tr>`);
  }
  return html`
    <details class="levels">
      <summary>The table, level by level</summary>
      <div class="compare-tools">
        <button class="small border" disabled=${first === 0} onClick=${() => setFirst(first - ROWS)}>Lower</button>
        <span>Levels ${first} to ${last} of ${plane.table.length - 1}</span>
        <button class="small border" disabled=${last + 1 >= plane.table.length} onClick=${() => setFirst(first + ROWS)}>Higher</button>
        <a class="link" href=${path}>Full table as JSON</a>
      </div>
      <div class="levels-scroll" tabindex="0" role="region" aria-label="Levels">
        <table><thead><tr><th scope="col">Old level</th><th scope="col">Samples</th><th scope="col">New level</th></tr></thead>
          <tbody>${rows}</tbody></table>
      </div>
    </details>`;
}
