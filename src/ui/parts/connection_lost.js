import { html } from '../preact.js';
import { connect } from '../state/events.js';
import { useStore } from '../state/store.js';
import { Icon } from './icon.js';

/// A banner across the page: its contents are out of date.
export function ConnectionLost() {
  const connection = useStore((state) => state.connection);
  if (connection !== 'lost') return null;
  return html`
    <div class="connection-lost" role="alert">
      <${Icon} name="gone" />
      <span><strong>Connection lost.</strong> This page shows the last known state and keeps trying to reconnect.</span>
      <button class="small border" onClick=${connect}>Try now</button>
    </div>`;
}
