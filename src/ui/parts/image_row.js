import { html, useState } from '../preact.js';
import { previewPath } from '../state/api.js';
import { bytes, imageWords, percent } from '../state/format.js';
import { useStore } from '../state/store.js';
import { DeleteButton, equalize } from './actions.js';
import { Icon } from './icon.js';

/// The newest known job of a file.
export const newestJob = (jobs, name) => {
  let newest = null;
  for (const job of jobs.values()) {
    if (job.file === name && (!newest || Number(job.id.slice(4)) > Number(newest.id.slice(4)))) newest = job;
  }
  return newest;
};

function State({ file, job }) {
  if (file.detail) return html`<small class="error-words">${file.detail}</small>`;
  if (job?.state === 'queued') return html`<small>queued</small>`;
  if (job?.state === 'running') {
    return html`<small class="running">${job.phase} ${percent(job.progress)}</small>
      <progress max="1" value=${job.progress} aria-label=${`Job of ${file.name}`}></progress>`;
  }
  if (job?.state === 'failed') return html`<small class="error-words">${job.reason}</small>`;
  return file.result ? html`<small class="good">equalized</small>` : html`<small>not equalized yet</small>`;
}

const MAX_TRIES = 4, PAUSE_MS = 2000;

/// A preview made by the master, which may refuse temporarily if many are requested at once: then it is retried.
function Thumbnail({ file }) {
  const [tries, setTries] = useState(1);
  const retry = () => setTimeout(() => setTries(tries + 1), PAUSE_MS);
  if (!file.image || tries > MAX_TRIES) return html`<span class="thumbnail missing"><${Icon} name="image" /></span>`;
  return html`<img key=${tries} class="thumbnail" src=${previewPath(file.name, 160, `${file.modified} ${tries}`)} alt="" width="72"
    height="54" loading="lazy" onError=${retry} />`;
}

/// An image in the list.
export function ImageRow({ file, selected }) {
  const job = useStore((state) => newestJob(state.jobs, file.name));
  const working = job && (job.state === 'queued' || job.state === 'running');
  return html`
    <li class="image-row ${selected ? 'selected' : ''}" data-file=${file.name}>
      <a class="image-link" href=${`#/image/${encodeURIComponent(file.name)}`} aria-current=${selected ? 'true' : undefined}>
        <${Thumbnail} key=${file.modified} file=${file} />
        <span class="image-words">
          <strong title=${file.name}>${file.name}</strong>
          <small>${file.image ? imageWords(file.image) : 'cannot be read'} · ${bytes(file.size)}</small>
          <${State} file=${file} job=${job} />
        </span>
      </a>
      <div class="row-actions">
        <button class="icon-button" disabled=${working || !file.image} onClick=${() => equalize(file.name, 'luma')}
          aria-label=${`Equalize ${file.name}`} title="Equalize"><${Icon} name="equalize" /></button>
        <${DeleteButton} name=${file.name} hasResult=${Boolean(file.result)} selected=${selected} />
      </div>
    </li>`;
}
