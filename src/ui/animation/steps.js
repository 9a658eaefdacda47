import { html } from '../preact.js';
import { duration } from '../state/format.js';

export const NARRATION = {
  queued: 'The job is queued.',
  read: 'The master reads the image’s header and splits the image into strips.',
  map: 'Map: each strip is sent to a worker, which counts how often each level occurs.',
  reduce: 'Reduce: the master adds up the counts of all strips and computes one table from the sum.',
  apply: 'Apply: the table is sent to the workers, which map every pixel through it. Strips that they cached are not sent again.',
  stitch: 'Stitch: the strips are put in place and encoded, in the order that the format requires.',
  done: 'Done: the strips form one image again.',
};

function Step({ name, words, part, count, seconds, active, onSeek }) {
  const state = part >= 1 ? 'complete' : active ? 'active' : 'ahead';
  return html`
    <li class="step ${state}" data-step=${name.toLowerCase()} data-part=${part.toFixed(3)}>
      <button class="step-button" onClick=${onSeek} title=${`Go to the start of ${name}`}>
        <strong>${name}</strong><small>${words}</small>
        <progress max="1" value=${part} aria-label=${`Progress of ${name}`}></progress>
        <span class="step-numbers"><span>${count}</span><span>${seconds > 0 ? duration(seconds) : ''}</span></span>
      </button>
    </li>`;
}

/// The four steps of MapReduce, with their progress.
export function Steps({ timeline, job, phase, progress, seek }) {
  const { total, counted, mapped, written, reduced } = progress;
  const part = (n) => (total > 0 ? n / total : 0);
  const starts = (name) => timeline.phases.find((one) => one.phase === name)?.at ?? 0;
  const firstWritten = Math.min(...timeline.written.filter((at) => at !== undefined), timeline.latest);
  const { phases } = job;
  return html`
    <ol class="job-steps">
      <${Step} name="Map" words="count levels" part=${part(counted)} count=${`${counted} of ${total}`} seconds=${phases.map}
        active=${phase === 'map'} onSeek=${() => seek(starts('map'))} />
      <${Step} name="Reduce" words="add up, compute table" part=${reduced ? 1 : 0} count=${reduced ? '1 table' : 'no table yet'}
        seconds=${phases.reduce} active=${phase === 'reduce'} onSeek=${() => seek(starts('reduce'))} />
      <${Step} name="Apply" words="map pixels" part=${part(mapped)} count=${`${mapped} of ${total}`} seconds=${phases.apply}
        active=${phase === 'apply'} onSeek=${() => seek(starts('apply'))} />
      <${Step} name="Stitch" words="put in place" part=${part(written)} count=${`${written} of ${total}`} seconds=${phases.stitch}
        active=${phase === 'stitch'} onSeek=${() => seek(firstWritten)} />
    </ol>`;
}
