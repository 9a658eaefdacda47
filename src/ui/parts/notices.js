import { html } from '../preact.js';
import { dismiss, useStore } from '../state/store.js';
import { Icon } from './icon.js';

/// Short messages about the user's actions, at the bottom of the page for a few seconds.
export function Notices() {
  const notices = useStore((state) => state.notices);
  return html`
    <div class="notices" role="status" aria-live="polite">
      ${notices.map(({ key, words, kind }) => html`
        <div class="notice ${kind === 'error' ? 'bad' : ''}" key=${key}><span>${words}</span>
          <button class="bar-button" aria-label="Dismiss" onClick=${() => dismiss(key)}><${Icon} name="close" /></button>
        </div>`)}
    </div>`;
}
