// What the page knows, in one place. Parts read it by `useStore` and are drawn again when what they read has changed.
import { useEffect, useReducer, useRef } from '../preact.js';

const state = {
  user: null, // who is logged in (a demo: see parts/login.js)
  connection: 'connecting', // to the master's events: connecting, live, lost
  hellos: 0, // how often the master has begun to tell: what is known of jobs is then only what it knows by heart
  version: '',
  workerPort: 6000, // where workers connect
  workers: new Map(), // id -> what /api/v1/workers says, with `samples` of its throughput
  lost: [], // workers that are gone: {id, at}
  jobs: new Map(), // id -> what /api/v1/jobs says
  files: null, // what /api/v1/files says; null: not asked yet
  filesError: null,
  uploads: [], // {key, name, size, sent, state, words}
  logs: [], // {key, time, source, message}
  notices: [], // {key, words, kind}
};
const watchers = new Set();

export const get = () => state;

/// Changes what is known: `set({files})`, or `set((state) => ({...}))`. Maps are replaced, not changed.
export function set(change) {
  Object.assign(state, typeof change === 'function' ? change(state) : change);
  for (const watcher of [...watchers]) watcher();
}

const same = (a, b) => Object.is(a, b) ||
  (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => Object.is(item, b[i])));

/// What `pick` finds in the state, now and whenever it becomes something else (lists are compared by their items).
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

/// A word to whoever sits there, for some seconds. `kind`: info or error.
export function notify(words, kind = 'info') {
  const key = newKey();
  set(({ notices }) => ({ notices: [...notices.slice(-2), { key, words, kind }] }));
  setTimeout(() => dismiss(key), kind === 'error' ? 10000 : 4000);
}

export const dismiss = (key) => set(({ notices }) => ({ notices: notices.filter((notice) => notice.key !== key) }));
