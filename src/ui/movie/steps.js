import { html } from '../preact.js';
import { duration } from '../state/format.js';

export const NARRATION = {
  queued: 'The job waits its turn.',
  read: 'The master reads the image’s header and decides where to cut.',
  map: 'Map: every strip goes to a worker, who counts how often each level occurs in it.',
  reduce: 'Reduce: the master adds up the counts of all strips and makes one table of the sum.',
  apply: 'Apply: the table goes to the workers, who put every pixel through it. What they kept is not sent again.',
  stitch: 'Stitch: the strips are put in their place and encoded, in the order that the format wants.',
  done: 'Done: the strips are one image again, whoever did them.',
};

function Step({ name, words, part, count, seconds, active, onSeek }) {
  const state = part >= 1 ? 'complete' : active ? 'active' : 'ahead';
  return html`
    <li class="step ${state}" data-step=${name.toLowerCase()} data-part=${part.toFixed(3)}>
      <button class="step-button" onClick=${onSeek} title=${`Show the beginning of ${name}`}>
        <strong>${name}</strong><small>${words}</small>
        <progress max="1" value=${part} aria-label=${`${name}: done`}></progress>
        <span class="step-numbers"><span>${count}</span><span>${seconds > 0 ? duration(seconds) : ''}</span></span>
      </button>
    </li>`;
}

/// The four steps of MapReduce, with how far each has come at this moment of the film.
export function Steps({ film, job, phase, progress, seek }) {
  const { total, counted, mapped, written, reduced } = progress;
  const part = (n) => (total > 0 ? n / total : 0);
  const starts = (name) => film.phases.find((one) => one.phase === name)?.at ?? 0;
  const firstWritten = Math.min(...film.written.filter((at) => at !== undefined), film.latest);
  const { phases } = job;
  return html`
    <ol class="job-steps">
      <${Step} name="Map" words="count levels" part=${part(counted)} count=${`${counted} of ${total}`} seconds=${phases.map}
        active=${phase === 'map'} onSeek=${() => seek(starts('map'))} />
      <${Step} name="Reduce" words="add up, make a table" part=${reduced ? 1 : 0} count=${reduced ? '1 table' : 'no table yet'}
        seconds=${phases.reduce} active=${phase === 'reduce'} onSeek=${() => seek(starts('reduce'))} />
      <${Step} name="Apply" words="map pixels" part=${part(mapped)} count=${`${mapped} of ${total}`} seconds=${phases.apply}
        active=${phase === 'apply'} onSeek=${() => seek(starts('apply'))} />
      <${Step} name="Stitch" words="put in place" part=${part(written)} count=${`${written} of ${total}`} seconds=${phases.stitch}
        active=${phase === 'stitch'} onSeek=${() => seek(firstWritten)} />
    </ol>`;
}
