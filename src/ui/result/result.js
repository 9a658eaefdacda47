import { html } from '../preact.js';
import { Compare } from './compare.js';

/// What came out.
export function Result({ file, job }) {
  return html`
    <section class="card result" aria-labelledby="result-title">
      <h2 id="result-title">Result</h2>
      <${Compare} file=${file} job=${job} />
    </section>`;
}
