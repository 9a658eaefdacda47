import { html, useEffect, useRef, useState } from '../preact.js';
import { bytes, percent } from '../state/format.js';
import { useStore } from '../state/store.js';
import { ACCEPT, add, dismissUpload } from '../state/uploads.js';
import { Icon } from './icon.js';

const STATES = { waiting: 'waiting', sending: '', done: 'uploaded', failed: '' };

function UploadRow({ upload }) {
  const { key, name, size, part, state, words } = upload;
  return html`
    <li class="upload-row ${state}">
      <div class="upload-name"><strong>${name}</strong><small>${bytes(size)}</small></div>
      ${state === 'failed'
        ? html`<p class="error-words" role="alert">${words}</p>`
        : html`<progress max="1" value=${part} aria-label=${`Upload of ${name}`}></progress>
          <small>${STATES[state] || percent(part)}</small>`}
      ${state === 'failed' && html`
        <button class="icon-button" aria-label=${`Dismiss ${name}`} onClick=${() => dismissUpload(key)}><${Icon} name="close" /></button>`}
    </li>`;
}

/// Files are chosen by a button, or dropped anywhere on the page.
export function Upload() {
  const uploads = useStore((state) => state.uploads);
  const [over, setOver] = useState(false);
  const input = useRef();
  useEffect(() => {
    let depth = 0; // of entered elements: dragleave is sent for each of them
    const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
    const handlers = {
      dragenter(event) {
        if (!carriesFiles(event)) return;
        ++depth;
        setOver(true);
      },
      dragleave(event) {
        if (carriesFiles(event) && --depth <= 0) setOver(false);
      },
      dragover(event) {
        if (carriesFiles(event)) event.preventDefault();
      },
      drop(event) {
        depth = 0;
        setOver(false);
        if (!carriesFiles(event)) return;
        event.preventDefault();
        add(event.dataTransfer.files);
      },
    };
    for (const [name, handler] of Object.entries(handlers)) addEventListener(name, handler);
    return () => {
      for (const [name, handler] of Object.entries(handlers)) removeEventListener(name, handler);
    };
  }, []);
  const chosen = (event) => {
    add(event.target.files);
    event.target.value = ''; // so that the same file can be chosen again
  };
  return html`
    <section class="card upload ${over ? 'over' : ''}" aria-labelledby="upload-title">
      <h2 id="upload-title" class="visually-hidden">Upload</h2>
      <input ref=${input} id="files" type="file" class="visually-hidden" multiple accept=${ACCEPT} onChange=${chosen}
        tabindex="-1" aria-label="Files to upload" />
      <button class="responsive" onClick=${() => input.current.click()}><${Icon} name="upload" /><span>Upload images</span></button>
      <p class="hint">${over ? 'Drop to upload.' : 'Or drop them on the page. JPEG, TIFF or PNG, 8 or 16 bits.'}</p>
      ${uploads.length > 0 && html`<ul class="uploads">${uploads.map((upload) => html`<${UploadRow} key=${upload.key} upload=${upload} />`)}</ul>`}
    </section>`;
}
