import { html, useState } from '../preact.js';
import { Player } from '../movie/player.js';
import { useFilm } from '../movie/use_film.js';
import { usePictures } from '../movie/use_pictures.js';
import { sketch, useHistograms } from '../result/use_histograms.js';
import { age } from '../state/events.js';
import { duration } from '../state/format.js';
import { CHANNELS } from './actions.js';
import { JobNumbers } from './job_numbers.js';

const JUST_NOW_MS = 15000;

function Title({ job }) {
  const words = { done: `done in ${duration(job.seconds)}`, running: 'at work', queued: 'waits its turn' }[job.state] ?? job.state;
  return html`<h2 id="job-title">How ${job.id} ${job.state === 'running' || job.state === 'queued' ? 'goes' : 'went'}
    <span class="push"></span><span class="chip-state ${job.state}">${words}</span>
    ${job.image?.color && html`<small>${CHANNELS[job.channels]}</small>`}</h2>`;
}

/// How a job goes, or went: the picture that moves, and the numbers.
export function JobView({ job, file }) {
  const pages = job.pages;
  const [chosen, choose] = useState(null);
  const page = chosen ?? job.page;
  const { film, failed } = useFilm(job, page);
  const pictures = usePictures(file, job);
  const histograms = useHistograms(job, page);
  const ended = job.finished !== null;
  const fresh = !ended || age(job.finished) < JUST_NOW_MS;
  return html`
    <section class="card job" data-state=${job.state} data-job=${job.id} aria-labelledby="job-title">
      <${Title} job=${job} />
      ${job.reason && html`<p class="error-words" role="alert">${job.reason}</p>`}
      ${pages > 1 && html`<label class="select-label"><span>Page</span>
        <select value=${page} onChange=${(event) => choose(Number(event.target.value))}>
          ${Array.from({ length: pages }, (_, i) => html`<option key=${i} value=${i + 1}>${i + 1} of ${pages}</option>`)}
        </select></label>`}
      ${film.strips.length > 0
        ? html`<${Player} key=${page} film=${film} job=${job} pictures=${pictures} histogram=${sketch(histograms)} autoplay=${fresh} />`
        : html`<p class="empty">${failed ?? (ended
          ? 'The master keeps the moving pictures of its last jobs only, and has none of this one.'
          : 'The strips are about to be cut…')}</p>`}
      <${JobNumbers} job=${job} />
    </section>`;
}
