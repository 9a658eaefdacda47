import { html } from '../preact.js';
import { age } from '../state/events.js';
import { ago, bytes, percent, plural, rate } from '../state/format.js';
import { Badge } from './badge.js';
import { Sparkline } from './sparkline.js';

const STATES = {
  proving: 'new: gets one strip at a time until it has answered',
  active: 'at the master’s disposal',
  late: 'late with an answer',
  quarantined: 'answered wrongly: gets nothing for a while',
  leaving: 'says goodbye',
};

/// One worker. `share`: of what was done in the last seconds, or null when nothing was; `most`: the highest throughput
/// that any worker has shown.
export function WorkerRow({ worker, share, most, places }) {
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
        <${Sparkline} values=${worker.samples.map((sample) => sample.rate)} most=${most} places=${places}
          label=${`Throughput in the last half minute, now ${rate(now)}`} />
        <small>${now > 0 ? rate(now) : `${bytes(worker.bytes_merged)} so far`}</small>
      </div>
      <small class="worker-heard">heard ${ago(age(worker.last_heard))}</small>
    </li>`;
}

/// One that was here a moment ago.
export const LostWorker = ({ id }) => html`
  <li class="worker lost" data-worker=${id}>
    <${Badge} id=${id} gone />
    <div class="worker-name"><strong>${id}</strong><small>lost: its strips go to others</small></div>
  </li>`;
