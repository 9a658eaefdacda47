import { html, useEffect, useState } from '../preact.js';
import { cancelJob, downloadPath, listJobs } from '../state/api.js';
import { bytes, imageWords } from '../state/format.js';
import { notify, set, useStore } from '../state/store.js';
import { Result } from '../result/result.js';
import { CHANNELS, DeleteButton, equalize } from './actions.js';
import { Icon } from './icon.js';
import { newestJob } from './image_row.js';
import { JobView } from './job_view.js';

/// Loads a file's jobs that ended before the page was opened. Repeated after each `hello` event, which replaces the known
/// jobs by those that are queued or running.
function useOlderJobs(name) {
  const hellos = useStore((state) => state.hellos);
  useEffect(() => {
    if (hellos === 0) return undefined;
    let unmounted = false;
    listJobs(name).then((older) => {
      if (unmounted) return;
      set(({ jobs }) => ({ jobs: new Map([...older.map((job) => [job.id, job]), ...jobs]) }));
    }).catch((error) => notify(error.message, 'error'));
    return () => { unmounted = true; };
  }, [name, hellos]);
}

/// If the page is a single column, the selected image is far below the list.
const oneColumn = matchMedia('(max-width: 64rem)');
function useScrollIntoView() {
  useEffect(() => {
    if (oneColumn.matches) document.getElementById('view').scrollIntoView();
  }, []);
}

function Controls({ file, job }) {
  const [channels, setChannels] = useState('luma');
  const working = job && (job.state === 'queued' || job.state === 'running');
  return html`
    <div class="controls">
      ${file.image?.color && html`
        <label class="select-label"><span>Colour</span>
          <select value=${channels} onChange=${(event) => setChannels(event.target.value)} disabled=${working}>
            ${Object.entries(CHANNELS).map(([value, words]) => html`<option key=${value} value=${value}>${words}</option>`)}
          </select></label>`}
      ${working
        ? html`<button class="border" onClick=${() => cancelJob(job.id).catch((error) => notify(error.message, 'error'))}>
            <${Icon} name="close" /><span>Cancel</span></button>`
        : html`<button disabled=${!file.image} onClick=${() => equalize(file.name, channels)}>
            <${Icon} name="equalize" /><span>${file.result ? 'Equalize again' : 'Equalize'}</span></button>`}
      ${file.result && html`<a class="button border" href=${downloadPath(file.result)} download>
        <${Icon} name="download" /><span>Download result</span></a>`}
      <${DeleteButton} name=${file.name} hasResult=${Boolean(file.result)} selected wordy />
    </div>`;
}

/// One image: its actions, its job and its result.
export function ImageView({ name }) {
  const [files, job] = useStore((state) => [state.files, newestJob(state.jobs, name)]);
  useOlderJobs(name);
  useScrollIntoView();
  const file = files?.find((one) => one.name === name);
  if (!files) return html`<section class="card"><p class="empty">Loading…</p></section>`;
  if (!file) {
    return html`<section class="card"><h1>${name}</h1><p class="empty">The master does not have this image.
      <a class="link" href="#/">Back</a></p></section>`;
  }
  return html`
    <section class="card image-head" aria-labelledby="image-title">
      <h1 id="image-title">${name}</h1>
      <p>${file.image ? imageWords(file.image) : html`<span class="error-words">${file.detail}</span>`} · ${bytes(file.size)}</p>
      <${Controls} file=${file} job=${job} />
    </section>
    ${job && html`<${JobView} key=${job.id} job=${job} file=${file} />`}
    ${file.result && job?.state === 'done' && html`<${Result} key=${`result ${job.id}`} file=${file} job=${job} />`}`;
}
