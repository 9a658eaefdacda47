import { html } from '../preact.js';
import { Compare } from './compare.js';
import { Histograms } from './histograms.js';

/// A job's result: before and after side by side, histograms and table.
export function Result({ file, job }) {
  return html`
    <section class="card result" aria-labelledby="result-title">
      <h2 id="result-title">Result<span class="push"></span><small>${job.result}</small></h2>
      <${Compare} file=${file} job=${job} />
      <${Histograms} job=${job} />
    </section>`;
}
