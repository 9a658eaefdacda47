import { html, useEffect, useReducer } from '../preact.js';
import { registerWorkers } from '../state/colors.js';
import { plural, rate } from '../state/format.js';
import { useStore } from '../state/store.js';
import { Icon } from './icon.js';
import { LostWorker, WorkerRow } from './worker_row.js';

const PLACES = 60; // samples in a sparkline
const SHARE_MS = 3000; // period of a worker's current share

/// Bytes that a worker processed in the last SHARE_MS.
function recentBytes(worker) {
  const since = Date.now() - SHARE_MS;
  const recent = worker.samples.filter((sample) => sample.at >= since);
  return recent.length > 1 ? Math.max(0, recent.at(-1).bytes - recent[0].bytes) : 0;
}

/// The workers, their shares and their throughput.
export function Cluster() {
  const [workers, lost, connection, port] = useStore((state) => [state.workers, state.lost, state.connection,
    state.workerPort]);
  // "seen ... ago" changes without an event.
  const [, tick] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, []);
  const all = [...workers.values()].sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
  registerWorkers(workers.keys());
  const total = all.reduce((sum, worker) => sum + recentBytes(worker), 0);
  const peak = Math.max(1, ...all.flatMap((worker) => worker.samples.map((sample) => sample.rate)));
  const now = all.reduce((sum, worker) => sum + (worker.samples.at(-1)?.rate ?? 0), 0);
  return html`
    <section class="card cluster" aria-labelledby="cluster-title">
      <h2 id="cluster-title"><${Icon} name="cluster" />Cluster
        <span class="push"></span><small>${plural(all.length, 'worker')}${now > 0 ? ` · ${rate(now)}` : ''}</small></h2>
      ${all.length === 0 && connection !== 'connecting' && html`
        <p class="empty">No workers: the master does all the work itself. Start one on any machine:
          <code>ece465 worker --master ${location.hostname}:${port}</code></p>`}
      <ul class="workers ${connection === 'lost' ? 'stale' : ''}">
        ${all.map((worker) => html`<${WorkerRow} key=${worker.id} worker=${worker} peak=${peak} places=${PLACES}
          share=${total > 0 ? recentBytes(worker) / total : null} />`)}
        ${lost.map(({ id }) => html`<${LostWorker} key=${`lost ${id}`} id=${id} />`)}
      </ul>
    </section>`;
}
