// Actions on an image, and how their outcome is reported.
import { html, useState } from '../preact.js';
import { deleteFile, startJob } from '../state/api.js';
import { show } from '../state/route.js';
import { notify, set } from '../state/store.js';
import { refreshFiles } from '../state/events.js';
import { Confirm } from './confirm.js';
import { Icon } from './icon.js';

export const CHANNELS = {
  luma: 'Brightness only',
  gray: 'Convert to gray',
  each: 'Each channel separately',
};

/// Starts a job and shows it.
export async function equalize(name, channels) {
  try {
    const job = await startJob(name, channels);
    // An event about the job may have arrived first, and is newer.
    set(({ jobs }) => (jobs.has(job.id) ? {} : { jobs: new Map(jobs).set(job.id, job) }));
    show(name);
  } catch (error) {
    notify(`${name}: ${error.message}`, 'error');
  }
}

async function remove(name, selected) {
  try {
    await deleteFile(name);
    notify(`Deleted ${name}.`);
    if (selected) show(null);
  } catch (error) {
    notify(`${name}: ${error.message}`, 'error');
  }
  refreshFiles();
}

/// A button that deletes an image and its result, after confirmation.
export function DeleteButton({ name, hasResult, selected, wordy }) {
  const [asking, setAsking] = useState(false);
  const answered = (yes) => {
    setAsking(false);
    if (yes) remove(name, selected);
  };
  return html`
    <button class=${wordy ? 'border danger-text' : 'icon-button'} aria-label=${`Delete ${name}`} title="Delete" onClick=${() => setAsking(true)}>
      <${Icon} name="delete" />${wordy && html`<span>Delete</span>`}</button>
    ${asking && html`<${Confirm} title="Delete ${name}?" yes="Delete" onAnswer=${answered}
      words=${hasResult ? 'The image and its equalized result will be deleted from the master.' : 'The image will be deleted from the master.'} />`}`;
}
