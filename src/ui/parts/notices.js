import { html } from '../preact.js';
import { dismiss, useStore } from '../state/store.js';
import { Icon } from './icon.js';

/// What happened to what somebody asked for, at the bottom of the page for a while.
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
