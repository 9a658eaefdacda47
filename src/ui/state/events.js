// The master's events, as they happen, into the store. The connection is made again for as long as the page is open.
import { listLogs, listFiles } from './api.js';
import { newKey, set } from './store.js';

const LOG_LINES = 1000;
const SAMPLES = 60; // of a worker's throughput: the master tells twice a second
const LOST_SHOWN_MS = 15000;
/// The master says something at least every 15 s. A connection that says nothing for longer than that is dead, even if
/// nobody has told the browser.
const SILENCE_MS = 40000;
const RETRY_MS = [500, 1000, 2000, 4000];

let source = null;
let failures = 0;
let silence = 0;
let retry = 0;
/// How far this machine's clock is ahead of the master's, at most: ages are counted from it.
let skew = Infinity;

/// Milliseconds since `time`, a time that the master told.
export const age = (time) => Math.max(0, Date.now() - Date.parse(time) - (Number.isFinite(skew) ? skew : 0));

function withSample(worker, before) {
  const now = Date.now();
  skew = Math.min(skew, now - Date.parse(worker.last_heard));
  const last = before?.samples.at(-1);
  const seconds = last ? (now - last.at) / 1000 : 0;
  // Counted anew: it came back under its old id.
  const merged = last ? worker.bytes_merged - last.bytes : 0;
  const rate = seconds > 0 && merged > 0 ? merged / seconds : 0;
  return { ...worker, samples: [...(before?.samples ?? []).slice(1 - SAMPLES), { at: now, bytes: worker.bytes_merged, rate }] };
}

const line = (entry) => ({ ...entry, key: newKey() });

let filesWanted = 0;
/// Asks for the list of files again, once for all that happens within a moment.
export function refreshFiles() {
  clearTimeout(filesWanted);
  filesWanted = setTimeout(async () => {
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
    // They are a convenience; the connection's state is told elsewhere.
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
  /// Some events did not fit: what is known may be wrong, so begin anew.
  gap: connect,
};

function listenForSilence() {
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

/// Connects, and stays connected. Not left to EventSource: it gives up when the master answers 503.
export function connect() {
  source?.close();
  clearTimeout(retry);
  source = new EventSource('/api/v1/events');
  source.onerror = lost;
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => {
      listenForSilence();
      handle(JSON.parse(event.data));
    });
  }
  listenForSilence();
}

export function disconnect() {
  source?.close();
  source = null;
  clearTimeout(silence);
  clearTimeout(retry);
}

addEventListener('offline', () => source && lost());
addEventListener('online', () => retry && connect());
