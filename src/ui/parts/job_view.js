import { html, useState } from '../preact.js';
import { Player } from '../animation/player.js';
import { useTimeline } from '../animation/use_timeline.js';
import { usePictures } from '../animation/use_pictures.js';
import { sketch, useHistograms } from '../result/use_histograms.js';
import { age } from '../state/events.js';
import { duration } from '../state/format.js';
import { CHANNELS } from './actions.js';
import { JobNumbers } from './job_numbers.js';

const RECENT_MS = 15000; // a job that ended less than this ago is played from the start

function Title({ job }) {
  const words = job.state === 'done' ? `done in ${duration(job.seconds)}` : job.state;
  return html`<h2 id="job-title">Progress of ${job.id}
    <span class="push"></span><span class="chip-state ${job.state}">${words}</span>
    ${job.image?.color && html`<small>${CHANNELS[job.channels]}</small>`}</h2>`;
}

/// A job's animation and its numbers.
export function JobView({ job, file }) {
  const pages = job.pages;
  const [chosen, choose] = useState(null);
  const page = chosen ?? job.page;
  const { timeline, failed } = useTimeline(job, page);
  const pictures = usePictures(file, job);
  const histograms = useHistograms(job, page);
  const ended = job.finished !== null;
  const recent = !ended || age(job.finished) < RECENT_MS;
  return html`
    <section class="card job" data-state=${job.state} data-job=${job.id} aria-labelledby="job-title">
      <${Title} job=${job} />
      ${job.reason && html`<p class="error-words" role="alert">${job.reason}</p>`}
      ${pages > 1 && html`<label class="select-label"><span>Page</span>
        <select value=${page} onChange=${(event) => choose(Number(event.target.value))}>
          ${Array.from({ length: pages }, (_, i) => html`<option key=${i} value=${i + 1}>${i + 1} of ${pages}</option>`)}
        </select></label>`}
      ${timeline.strips.length > 0
        ? html`<${Player} key=${page} timeline=${timeline} job=${job} pictures=${pictures} histogram=${sketch(histograms)} autoplay=${recent} />`
        : html`<p class="empty">${failed ?? (ended
          ? 'The master keeps the timelines of recent jobs only; the one of this job is no longer available.'
          : 'Splitting the image into strips…')}</p>`}
      <${JobNumbers} job=${job} />
    </section>`;
}
