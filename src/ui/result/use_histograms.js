import { useEffect, useState } from '../preact.js';
import { getHistograms } from '../state/api.js';

const KEPT = 4;
const answers = new Map();

/// Asked for once, whoever wants them: those of 16 bits are megabytes. What is done does not change.
function ask({ id, finished }, page) {
  const key = `${id} ${finished} ${page}`;
  if (!answers.has(key)) {
    const answer = getHistograms(id, page);
    answer.catch(() => answers.delete(key));
    answers.set(key, answer);
    if (answers.size > KEPT) answers.delete(answers.keys().next().value);
  }
  return answers.get(key);
}

/// Histograms and tables of a page of a job that is done: null until they are there.
export function useHistograms(job, page) {
  const [found, setFound] = useState(null);
  useEffect(() => {
    let gone = false;
    setFound(null);
    if (job.state === 'done') {
      ask(job, page).then((answer) => { if (!gone) setFound(answer); }).catch(() => {});
    }
    return () => { gone = true; };
  }, [job.id, job.state, page]);
  return found;
}

/// Counts joined into at most `most` bins.
export function rebin(counts, most) {
  const width = Math.max(1, counts.length / most);
  const bins = new Array(Math.min(most, counts.length)).fill(0);
  counts.forEach((count, level) => { bins[Math.floor(level / width)] += count; });
  return bins;
}

/// A table at the middle of `most` bins, between 0 and 1.
export function thinTable(table, most) {
  const bins = Math.min(most, table.length), top = table.length - 1;
  return Array.from({ length: bins }, (_, i) => table[Math.floor(((i + 0.5) * table.length) / bins)] / top);
}

/// What the stage draws in its middle.
export function sketch(histograms, most = 128) {
  if (!histograms) return null;
  const [plane] = histograms.planes;
  const bins = rebin(plane.before, most);
  const top = Math.max(...bins, 1);
  return { before: bins.map((count) => count / top), table: thinTable(plane.table, most) };
}
