// Receives the master's events and updates the store. Reconnects for as long as the page is open.
import { listLogs, listFiles } from './api.js';
import { newKey, set } from './store.js';

const LOG_LINES = 1000;
const SAMPLES = 60; // of a worker's throughput: the master reports twice a second
const LOST_SHOWN_MS = 15000;
/// The master sends something at least every 15 s. A connection that stays silent for longer is dead, even if the browser
/// has not noticed.
const SILENCE_MS = 40000;
const RETRY_MS = [500, 1000, 2000, 4000];

let source = null;
let failures = 0;
let silence = 0;
let retry = 0;
/// Upper bound of this machine's clock minus the master's, in milliseconds; used to compute ages.
let skew = Infinity;

/// Milliseconds since `time`, a timestamp of the master's.
export const age = (time) => Math.max(0, Date.now() - Date.parse(time) - (Number.isFinite(skew) ? skew : 0));

function withSample(worker, before) {
  const now = Date.now();
  skew = Math.min(skew, now - Date.parse(worker.last_heard));
  const last = before?.samples.at(-1);
  const seconds = last ? (now - last.at) / 1000 : 0;
  // Negative if the counter was reset: the worker reconnected under its old id.
  const merged = last ? worker.bytes_merged - last.bytes : 0;
  const rate = seconds > 0 && merged > 0 ? merged / seconds : 0;
  return { ...worker, samples: [...(before?.samples ?? []).slice(1 - SAMPLES), { at: now, bytes: worker.bytes_merged, rate }] };
}

const line = (entry) => ({ ...entry, key: newKey() });

let filesTimer = 0;
/// Reloads the list of files, once for several events in quick succession.
export function refreshFiles() {
  clearTimeout(filesTimer);
  filesTimer = setTimeout(async () => {
    try {
      set({ files: await listFiles(), filesError: null });
    } catch (error) {
      set({ filesError: error.message });
    }
  }, 80);
}

async function refreshLogs() {
  try {
    const lines = await listLogs();
    set({ logs: lines.map(line) });
  } catch {
    // Not essential; a lost connection is reported separately.
  }
}

const handlers = {
  hello({ version, worker_port: workerPort, jobs, workers }) {
    failures = 0;
    set((state) => ({
      connection: 'live',
      hellos: state.hellos + 1,
      version,
      workerPort,
      workers: new Map(workers.map((worker) => [worker.id, withSample(worker, state.workers.get(worker.id))])),
      lost: [],
      jobs: new Map(jobs.map((job) => [job.id, job])),
    }));
    refreshFiles();
    refreshLogs();
  },
  job(job) {
    set(({ jobs }) => ({ jobs: new Map(jobs).set(job.id, job) }));
  },
  worker(worker) {
    set(({ workers, lost }) => ({
      workers: new Map(workers).set(worker.id, withSample(worker, workers.get(worker.id))),
      lost: lost.some(({ id }) => id === worker.id) ? lost.filter(({ id }) => id !== worker.id) : lost,
    }));
  },
  worker_lost({ id }) {
    set(({ workers, lost }) => {
      const left = new Map(workers);
      left.delete(id);
      return { workers: left, lost: [...lost.filter((one) => one.id !== id), { id, at: Date.now() }] };
    });
    setTimeout(() => set(({ lost }) => ({ lost: lost.filter((one) => Date.now() - one.at < LOST_SHOWN_MS) })),
      LOST_SHOWN_MS + 100);
  },
  file: refreshFiles,
  log(entry) {
    set(({ logs }) => ({ logs: [...logs.slice(1 - LOG_LINES), line(entry)] }));
  },
  beat() {},
  /// Events were dropped because this page was too slow: reconnect for the full state.
  gap: connect,
};

function restartSilenceTimer() {
  clearTimeout(silence);
  silence = setTimeout(lost, SILENCE_MS);
}

function lost() {
  source?.close();
  source = null;
  clearTimeout(silence);
  clearTimeout(retry);
  set({ connection: 'lost' });
  retry = setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
}

/// Connects, and reconnects when the connection is lost. EventSource's own reconnection gives up on status 503.
export function connect() {
  source?.close();
  clearTimeout(retry);
  source = new EventSource('/api/v1/events');
  source.onerror = lost;
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => {
      restartSilenceTimer();
      handle(JSON.parse(event.data));
    });
  }
  restartSilenceTimer();
}

export function disconnect() {
  source?.close();
  source = null;
  clearTimeout(silence);
  clearTimeout(retry);
}

addEventListener('offline', () => source && lost());
addEventListener('online', () => retry && connect());
