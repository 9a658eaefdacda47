import { useEffect, useReducer, useRef } from '../preact.js';
import { getTimeline } from '../state/api.js';
import { Timeline } from './timeline.js';

const fresh = () => ({ timeline: new Timeline(), failed: null, asking: false, stopped: false });

/// The timeline of a job's page, which grows while the job runs. `failed`: the error message if it cannot be fetched.
export function useTimeline(job, page) {
  const [, redraw] = useReducer((n) => n + 1, 0);
  const current = useRef(fresh());

  const fetchNew = async () => {
    const state = current.current;
    state.again = true; // a request in progress is followed by another one
    if (state.asking || state.stopped) return;
    state.asking = true;
    try {
      while (state.again && !state.timeline.ended && !state.stopped) {
        state.again = false;
        const answer = await getTimeline(job.id, page, state.timeline.next);
        if (answer.kept) state.timeline.append(answer);
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
    const mine = current.current = fresh();
    fetchNew();
    return () => { mine.stopped = true; };
  }, [job.id, page]);
  // Each event of the job may come with new timeline events. Nothing is recorded of a page before it begins; the
  // job's next event fetches again.
  useEffect(() => { fetchNew(); }, [job]);
  return current.current;
}
