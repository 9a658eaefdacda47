import { useEffect, useState } from '../preact.js';
import { getHistograms } from '../state/api.js';

const MAX_CACHED = 4;
const answers = new Map();

/// Cached, since several components use them and those of 16-bit images take megabytes. A finished job's never change.
function fetchOnce({ id, finished }, page) {
  const key = `${id} ${finished} ${page}`;
  if (!answers.has(key)) {
    const answer = getHistograms(id, page);
    answer.catch(() => answers.delete(key));
    answers.set(key, answer);
    if (answers.size > MAX_CACHED) answers.delete(answers.keys().next().value);
  }
  return answers.get(key);
}

/// Histograms and tables of a page of a finished job; null until they are loaded.
export function useHistograms(job, page) {
  const [found, setFound] = useState(null);
  useEffect(() => {
    let unmounted = false;
    setFound(null);
    if (job.state === 'done') {
      fetchOnce(job, page).then((answer) => { if (!unmounted) setFound(answer); }).catch(() => {});
    }
    return () => { unmounted = true; };
  }, [job.id, job.state, page]);
  return found;
}

/// Merges counts into at most `maxBins` bins.
export function rebin(counts, maxBins) {
  const width = Math.max(1, counts.length / maxBins);
  const bins = new Array(Math.min(maxBins, counts.length)).fill(0);
  counts.forEach((count, level) => { bins[Math.floor(level / width)] += count; });
  return bins;
}

/// A table's values at the centres of at most `maxBins` bins, scaled to 0 to 1.
export function thinTable(table, maxBins) {
  const bins = Math.min(maxBins, table.length), top = table.length - 1;
  return Array.from({ length: bins }, (_, i) => table[Math.floor(((i + 0.5) * table.length) / bins)] / top);
}

/// The histogram and table that the animation draws, both scaled to 0 to 1.
export function sketch(histograms, maxBins = 128) {
  if (!histograms) return null;
  const [plane] = histograms.planes;
  const bins = rebin(plane.before, maxBins);
  const top = Math.max(...bins, 1);
  return { before: bins.map((count) => count / top), table: thinTable(plane.table, maxBins) };
}
