import { html } from '../preact.js';
import { age } from '../state/events.js';
import { ago, bytes, percent, plural, rate } from '../state/format.js';
import { Badge } from './badge.js';
import { Sparkline } from './sparkline.js';

const STATES = {
  proving: 'new: gets one strip at a time until it has answered some',
  active: 'available',
  late: 'has not answered in time',
  quarantined: 'returned an invalid result: gets no strips for a while',
  leaving: 'shutting down',
};

/// A worker. `share`: of the work of the last seconds, or null if there was none; `peak`: the highest throughput of any
/// worker.
export function WorkerRow({ worker, share, peak, places }) {
  const now = worker.samples.at(-1)?.rate ?? 0;
  const working = share === null ? 'idle' : percent(share);
  return html`
    <li class="worker" data-worker=${worker.id}>
      <${Badge} id=${worker.id} />
      <div class="worker-name">
        <strong title=${worker.id}>${worker.id}</strong>
        <small title=${STATES[worker.state]}>${worker.dialect} · ${worker.state}${worker.threads > 1 ? ` · ${plural(worker.threads, 'thread')}` : ''}</small>
      </div>
      <div class="worker-share"><strong>${working}</strong><small>of the work</small></div>
      <div class="worker-rate">
        <${Sparkline} values=${worker.samples.map((sample) => sample.rate)} peak=${peak} places=${places}
          label=${`Throughput in the last half minute, now ${rate(now)}`} />
        <small>${now > 0 ? rate(now) : `${bytes(worker.bytes_merged)} so far`}</small>
      </div>
      <small class="worker-heard">seen ${ago(age(worker.last_heard))}</small>
    </li>`;
}

/// A worker that was lost recently.
export const LostWorker = ({ id }) => html`
  <li class="worker lost" data-worker=${id}>
    <${Badge} id=${id} gone />
    <div class="worker-name"><strong>${id}</strong><small>lost: its strips were reassigned</small></div>
  </li>`;
