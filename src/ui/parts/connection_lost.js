import { html } from '../preact.js';
import { connect } from '../state/events.js';
import { useStore } from '../state/store.js';
import { Icon } from './icon.js';

/// Says across the page that what it shows is old.
export function ConnectionLost() {
  const connection = useStore((state) => state.connection);
  if (connection !== 'lost') return null;
  return html`
    <div class="connection-lost" role="alert">
      <${Icon} name="gone" />
      <span><strong>Connection lost.</strong> What you see is how things were. The page keeps trying to reach the master.</span>
      <button class="small border" onClick=${connect}>Try now</button>
    </div>`;
}
