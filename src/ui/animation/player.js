import { html, useEffect, useMemo, useReducer, useRef, useState } from '../preact.js';
import { registerWorkers } from '../state/colors.js';
import { duration } from '../state/format.js';
import { Icon } from '../parts/icon.js';
import { Canvas } from './canvas.js';
import { Lanes } from './lanes.js';
import { stageHeight } from './layout.js';
import { paint } from './painter.js';
import { NARRATION, Steps } from './steps.js';

const SPEEDS = [[0.25, '¼ ×'], [0.5, '½ ×'], [1, '1 ×'], [2, '2 ×'], [4, '4 ×']];
const REDRAW_MS = 100; // of the numbers beside the canvas
const MAX_LAG = 3; // seconds by which the animation may trail a running job before it speeds up
const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

/// Position and state of the playback. `time.current` is a time of the job.
function usePlayback(timeline, running, autoplay) {
  const time = useRef(0);
  const [playing, setPlaying] = useState(autoplay && !reducedMotion.matches);
  const [speed, setSpeed] = useState(1);
  const [, redraw] = useReducer((n) => n + 1, 0);
  const options = useRef();
  options.current = { timeline, running, speed };
  // Until it is played or moved, a stopped animation shows the latest state.
  const still = useRef(!playing);
  if (still.current) time.current = timeline.latest;

  useEffect(() => {
    if (!playing) return undefined;
    still.current = false;
    let frame = 0, last = performance.now(), redrawn = 0;
    const next = (now) => {
      const { timeline, running, speed } = options.current;
      const lag = (1 - timeline.positionAt(time.current)) * timeline.length();
      const catchUp = running && lag > MAX_LAG ? 1 + (lag - MAX_LAG) : 1;
      // Limited, so that a tab that was hidden does not jump.
      time.current = timeline.advance(time.current, (Math.min(now - last, 100) / 1000) * speed * catchUp);
      last = now;
      if (now - redrawn > REDRAW_MS) {
        redrawn = now;
        redraw();
      }
      if (timeline.ended && time.current >= timeline.latest) setPlaying(false);
      else frame = requestAnimationFrame(next);
    };
    frame = requestAnimationFrame(next);
    return () => cancelAnimationFrame(frame);
  }, [playing]);

  return {
    time, playing, speed, setSpeed,
    seek(t) {
      still.current = false;
      time.current = t;
      redraw();
    },
    toggle() {
      if (!playing && timeline.ended && time.current >= timeline.latest) time.current = 0;
      setPlaying(!playing);
    },
  };
}

function Controls({ timeline, playback }) {
  const { time, playing, speed, setSpeed, seek, toggle } = playback;
  const t = time.current;
  const atEnd = timeline.ended && t >= timeline.latest;
  const slowness = timeline.slowness(t) / speed;
  const pace = slowness > 1.3 ? `${Number(slowness.toPrecision(2)).toLocaleString('en-US')} × slower than real time` : 'real time';
  return html`
    <div class="player">
      <button class="small" onClick=${toggle}>
        <${Icon} name=${playing ? 'pause' : atEnd ? 'retry' : 'play'} /><span>${playing ? 'Pause' : atEnd ? 'Replay' : 'Play'}</span></button>
      <input class="scrubber" type="range" min="0" max="1000" value=${Math.round(timeline.positionAt(t) * 1000)} aria-label="Position in the job"
        aria-valuetext=${`${duration(t)} of ${duration(timeline.latest)}`} onInput=${(event) => seek(timeline.timeAt(event.target.value / 1000))} />
      <span class="clock">${duration(t)} of ${duration(timeline.latest)}${playing ? ` · ${pace}` : ''}</span>
      <label class="select-label"><span class="visually-hidden">Speed</span>
        <select value=${speed} onChange=${(event) => setSpeed(Number(event.target.value))}>
          ${SPEEDS.map(([value, words]) => html`<option key=${value} value=${value}>${words}</option>`)}
        </select></label>
    </div>`;
}

/// A job's page as an animation: steps, canvas, controls, lanes.
export function Player({ timeline, job, pictures, histogram, autoplay }) {
  const running = job.state === 'running' || job.state === 'queued';
  const playback = usePlayback(timeline, running, autoplay);
  const t = playback.time.current;
  const phase = timeline.phaseAt(t), progress = timeline.progress(t);
  registerWorkers(timeline.workers);
  const began = useMemo(() => performance.now(), []);
  const draw = (context, size) => paint(context, timeline, playback.time.current, pictures, histogram, size,
    reducedMotion.matches ? 0 : (performance.now() - began) / 1000);
  const atEnd = timeline.ended && t >= timeline.latest;
  const words = job.state === 'failed' || job.state === 'cancelled' ? `The job ${job.state === 'failed' ? 'failed' : 'was cancelled'}.`
    : NARRATION[atEnd ? 'done' : phase];
  return html`
    <div class="animation" data-phase=${atEnd ? 'done' : phase} data-playing=${String(playback.playing)} data-workers=${timeline.workers.join(' ')}>
      <${Steps} timeline=${timeline} job=${job} phase=${phase} progress=${progress} seek=${playback.seek} />
      <div class="stage"><${Canvas} draw=${draw} moving=${playback.playing} className="stage-canvas"
        height=${(width) => stageHeight(width, pictures.ratio, timeline.workers.length)}
        label=${`${words} ${progress.counted} of ${progress.total} strips counted, ${progress.mapped} mapped, ${progress.written} written.`} /></div>
      <${Controls} timeline=${timeline} playback=${playback} />
      <p class="narration" aria-live="polite">${words}</p>
      <${Lanes} timeline=${timeline} now=${() => playback.time.current} moving=${playback.playing} seek=${playback.seek} />
      ${timeline.cut && html`<p class="hint">This page has too many strips: the master recorded only a part of the events.</p>`}
    </div>`;
}
