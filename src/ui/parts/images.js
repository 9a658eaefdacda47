import { html } from '../preact.js';
import { plural } from '../state/format.js';
import { useStore } from '../state/store.js';
import { Icon } from './icon.js';
import { ImageRow } from './image_row.js';

/// The master's images.
export function Images({ selected }) {
  const [files, failed] = useStore((state) => [state.files, state.filesError]);
  return html`
    <section class="card images" aria-labelledby="images-title">
      <h2 id="images-title"><${Icon} name="image" />Images<span class="push"></span>
        <small>${files ? plural(files.length, 'image') : ''}</small></h2>
      ${failed && html`<p class="error-words" role="alert">${failed}</p>`}
      ${files?.length === 0 && html`<p class="empty">No images yet. Upload one to equalize it.</p>`}
      <ul class="image-list">
        ${(files ?? []).map((file) => html`<${ImageRow} key=${file.name} file=${file} selected=${file.name === selected} />`)}
      </ul>
    </section>`;
}
