import { useEffect, useReducer, useRef } from '../preact.js';
import { getTimeline } from '../state/api.js';
import { Film } from './film.js';

/// The film of a job's page, which grows while the job runs. `failed`: why there is none.
export function useFilm(job, page) {
  const [, redraw] = useReducer((n) => n + 1, 0);
  const now = useRef({ film: new Film(), failed: null, asking: false, stopped: false });

  const ask = async () => {
    const state = now.current;
    state.again = true; // whoever is asking already does it once more
    if (state.asking || state.stopped) return;
    state.asking = true;
    try {
      while (state.again && !state.film.ended && !state.stopped) {
        state.again = false;
        const answer = await getTimeline(job.id, page, state.film.next);
        if (answer.kept) state.film.append(answer);
        state.failed = null;
        state.again ||= answer.more;
      }
    } catch (error) {
      state.failed = error.message;
    }
    state.asking = false;
    if (!state.stopped) redraw();
  };

  useEffect(() => {
    now.current = { film: new Film(), failed: null, asking: false, stopped: false };
    const mine = now.current;
    ask();
    return () => { mine.stopped = true; };
  }, [job.id, page]);
  // Every event of the job is a reason to look what has happened since.
  useEffect(() => { ask(); }, [job]);
  // Nothing is kept yet of a page that has not begun: the job's next event asks again.
  return { film: now.current.film, failed: now.current.failed };
}
