// Uploads to the master, one after the other: in parallel they would only share the bandwidth.
import { upload } from './api.js';
import { newKey, set } from './store.js';

/// The course's rule, and PNG, which the master also accepts.
const ALLOWED = /\.(jpe?g|tiff?|png)$/i;
export const ACCEPT = '.jpg,.jpeg,.tif,.tiff,.png';
const DONE_SHOWN_MS = 4000;

const queue = [];
let busy = false;

const change = (key, what) => set(({ uploads }) => ({
  uploads: uploads.map((one) => (one.key === key ? { ...one, ...what } : one)),
}));

export const dismissUpload = (key) => set(({ uploads }) => ({ uploads: uploads.filter((one) => one.key !== key) }));

async function work() {
  if (busy) return;
  busy = true;
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { key, file } = next;
    change(key, { state: 'sending' });
    try {
      await upload(file, (part) => change(key, { part }));
      change(key, { state: 'done', part: 1 });
      setTimeout(() => dismissUpload(key), DONE_SHOWN_MS);
    } catch (error) {
      change(key, { state: 'failed', words: error.message });
    }
  }
  busy = false;
}

/// Queues files. Those whose names the master would refuse are not sent.
export function add(files) {
  const added = [...files].map((file) => {
    const entry = { key: newKey(), name: file.name, size: file.size, part: 0, state: 'waiting', words: '' };
    if (!ALLOWED.test(file.name)) {
      return { ...entry, state: 'failed', words: 'Only JPG, TIFF and PNG files are permitted (.jpg .jpeg .tif .tiff .png).' };
    }
    if (file.size === 0) return { ...entry, state: 'failed', words: 'The file is empty, or it is a folder.' };
    queue.push({ key: entry.key, file });
    return entry;
  });
  set(({ uploads }) => ({ uploads: [...uploads, ...added] }));
  work();
}
