import { html } from '../preact.js';
import { percent } from '../state/format.js';

/// How a job goes, or went.
export function JobView({ job }) {
  return html`
    <section class="card job" data-state=${job.state} aria-labelledby="job-title">
      <h2 id="job-title">${job.id}<span class="push"></span><small>${job.state}</small></h2>
      <progress max="1" value=${job.progress} aria-label="Progress"></progress>
      <p>${job.phase} ${percent(job.progress)}</p>
    </section>`;
}
