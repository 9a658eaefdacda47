// The page's state. Components read it with `useStore` and are rendered again when the part they read changes.
import { useEffect, useReducer, useRef } from '../preact.js';

const state = {
  user: null, // name of the logged-in user (see parts/login.js)
  connection: 'connecting', // to the master's events: connecting, live, lost
  hellos: 0, // number of `hello` events; each replaces the known jobs by those that are queued or running
  version: '',
  workerPort: 6000, // where workers connect
  workers: new Map(), // id -> entry of /api/v1/workers, with `samples` of its throughput
  lost: [], // recently lost workers: {id, at}
  jobs: new Map(), // id -> entry of /api/v1/jobs
  files: null, // answer of /api/v1/files; null: not loaded yet
  filesError: null,
  uploads: [], // {key, name, size, sent, state, words}
  logs: [], // {key, time, source, message}
  notices: [], // {key, words, kind}
};
const watchers = new Set();

export const get = () => state;

/// Changes the state: `set({files})`, or `set((state) => ({...}))`. Maps are replaced, not modified.
export function set(change) {
  Object.assign(state, typeof change === 'function' ? change(state) : change);
  for (const watcher of [...watchers]) watcher();
}

const same = (a, b) => Object.is(a, b) ||
  (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => Object.is(item, b[i])));

/// Returns `pick(state)`, and renders the component again when that changes (arrays are compared by their items).
export function useStore(pick) {
  const [, redraw] = useReducer((n) => n + 1, 0);
  const picked = useRef();
  const latest = useRef(pick);
  latest.current = pick;
  picked.current = pick(state);
  useEffect(() => {
    const look = () => {
      const now = latest.current(state);
      if (!same(now, picked.current)) redraw();
    };
    watchers.add(look);
    look();
    return () => watchers.delete(look);
  }, []);
  return picked.current;
}

let keys = 0;
export const newKey = () => ++keys;

/// Shows a message for a few seconds. `kind`: info or error.
export function notify(words, kind = 'info') {
  const key = newKey();
  set(({ notices }) => ({ notices: [...notices.slice(-2), { key, words, kind }] }));
  setTimeout(() => dismiss(key), kind === 'error' ? 10000 : 4000);
}

export const dismiss = (key) => set(({ notices }) => ({ notices: notices.filter((notice) => notice.key !== key) }));
