import { html, useLayoutEffect, useRef } from '../preact.js';
import { colorOf } from '../state/colors.js';
import { bytes, count, duration, percent } from '../state/format.js';
import { Badge } from './badge.js';

function Share({ id, part }) {
  const element = useRef();
  useLayoutEffect(() => {
    element.current.style.flexGrow = part;
    element.current.style.backgroundColor = colorOf(id);
  });
  return html`<span ref=${element}></span>`;
}

/// Each worker's share of the job.
function Shares({ workers }) {
  const total = workers.reduce((sum, worker) => sum + worker.bytes, 0);
  if (total === 0) return null;
  return html`
    <h3>Shares of the work</h3>
    <div class="shares-bar" aria-hidden="true">${workers.map(({ id, bytes: n }) => html`<${Share} key=${id} id=${id} part=${n / total} />`)}</div>
    <ul class="shares">${workers.map(({ id, strips, bytes: n }) => html`
      <li key=${id}><${Badge} id=${id} /><span>${id === 'master' ? 'the master itself' : id}</span>
        <strong>${percent(n / total)}</strong><small>${count(strips)} answers, ${bytes(n)}</small></li>`)}</ul>`;
}

const Fact = ({ name, value, words, alarm }) => html`
  <div class="fact ${alarm ? 'alarm' : ''}"><dt>${name}</dt><dd>${value}<small>${words}</small></dd></div>`;

/// The job in numbers: times, bytes transferred, failures that were recovered from.
export function JobNumbers({ job }) {
  const { phases, bytes: moved, strips } = job;
  const perByte = moved.pixels > 0 ? ((moved.sent + moved.received) / moved.pixels).toFixed(2) : '0';
  return html`
    <div class="job-numbers">
      <dl class="facts">
        <${Fact} name="Read" value=${duration(phases.read)} words="decode the image" />
        <${Fact} name="Map" value=${duration(phases.map)} words=${`${bytes(moved.map.sent)} out, ${bytes(moved.map.received)} back`} />
        <${Fact} name="Reduce" value=${duration(phases.reduce)} words="one table" />
        <${Fact} name="Apply" value=${duration(phases.apply)} words=${`${bytes(moved.apply.sent)} out, ${bytes(moved.apply.received)} back`} />
        <${Fact} name="Stitch" value=${duration(phases.stitch)} words="encode, while Apply runs" />
        <${Fact} name="Transferred" value=${bytes(moved.sent + moved.received)} words=${`${perByte} bytes per image byte; ${bytes(moved.spared)} saved by caching strips on workers`} />
        <${Fact} name="Strips" value=${count(strips.total)} words=${`${count(strips.attempts)} attempts in both phases`} />
        <${Fact} name="Retries" value=${count(strips.retries)} alarm=${strips.retries > 0}
          words=${`lost or late; ${count(strips.invalid_results)} invalid results, ${count(strips.duplicates)} duplicated, ${count(strips.stolen)} stolen`} />
      </dl>
      <${Shares} workers=${job.workers} />
      ${job.notes.length > 0 && html`<ul class="notes">${job.notes.map((note) => html`<li key=${note}>${note}</li>`)}</ul>`}
    </div>`;
}
