import { html, useEffect, useMemo, useReducer, useRef, useState } from '../preact.js';
import { introduce } from '../state/colors.js';
import { duration } from '../state/format.js';
import { Icon } from '../parts/icon.js';
import { Canvas } from './canvas.js';
import { Lanes } from './lanes.js';
import { stageHeight } from './layout.js';
import { paint } from './stage.js';
import { NARRATION, Steps } from './steps.js';

const SPEEDS = [[0.25, '¼ ×'], [0.5, '½ ×'], [1, '1 ×'], [2, '2 ×'], [4, '4 ×']];
const TOLD_MS = 100; // how often numbers beside the picture change
const LAG = 3; // seconds of the film that it may be behind a job that runs
const calm = matchMedia('(prefers-reduced-motion: reduce)');

/// The projector: where the film is, and whether it runs. `time.current` is the moment of the job.
function useProjector(film, running, autoplay) {
  const time = useRef(0);
  const [playing, setPlaying] = useState(autoplay && !calm.matches);
  const [speed, setSpeed] = useState(1);
  const [, tell] = useReducer((n) => n + 1, 0);
  const options = useRef();
  options.current = { film, running, speed };
  // Who wants no motion, and who comes when all is over, sees how it stands.
  const still = useRef(!playing);
  if (still.current) time.current = film.latest;

  useEffect(() => {
    if (!playing) return undefined;
    still.current = false;
    let frame = 0, last = performance.now(), told = 0;
    const next = (now) => {
      const { film, running, speed } = options.current;
      const behind = (1 - film.position(time.current)) * film.segments().reduce((sum, part) => sum + part.length, 0);
      const hurry = running && behind > LAG ? 1 + (behind - LAG) : 1;
      // A tab that was hidden does not jump.
      time.current = film.advance(time.current, (Math.min(now - last, 100) / 1000) * speed * hurry);
      last = now;
      if (now - told > TOLD_MS) {
        told = now;
        tell();
      }
      if (film.ended && time.current >= film.latest) setPlaying(false);
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
      tell();
    },
    toggle() {
      if (!playing && film.ended && time.current >= film.latest) time.current = 0;
      setPlaying(!playing);
    },
  };
}

function Controls({ film, projector }) {
  const { time, playing, speed, setSpeed, seek, toggle } = projector;
  const t = time.current;
  const atEnd = film.ended && t >= film.latest;
  const times = film.slowness(t) / speed;
  const pace = times > 1.3 ? `${Number(times.toPrecision(2)).toLocaleString('en-US')} × slower than it was` : 'as fast as it was';
  return html`
    <div class="player">
      <button class="small" onClick=${toggle}>
        <${Icon} name=${playing ? 'pause' : atEnd ? 'retry' : 'play'} /><span>${playing ? 'Pause' : atEnd ? 'Watch again' : 'Play'}</span></button>
      <input class="scrubber" type="range" min="0" max="1000" value=${Math.round(film.position(t) * 1000)} aria-label="Moment of the job"
        aria-valuetext=${`${duration(t)} of ${duration(film.latest)}`} onInput=${(event) => seek(film.moment(event.target.value / 1000))} />
      <span class="clock">${duration(t)} of ${duration(film.latest)}${playing ? ` · ${pace}` : ''}</span>
      <label class="select-label"><span class="visually-hidden">Speed</span>
        <select value=${speed} onChange=${(event) => setSpeed(Number(event.target.value))}>
          ${SPEEDS.map(([value, words]) => html`<option key=${value} value=${value}>${words}</option>`)}
        </select></label>
    </div>`;
}

/// A job's page as a moving picture: steps, stage, controls, lanes.
export function Player({ film, job, pictures, histogram, autoplay }) {
  const running = job.state === 'running' || job.state === 'queued';
  const projector = useProjector(film, running, autoplay);
  const t = projector.time.current;
  const phase = film.phaseAt(t), progress = film.progress(t);
  introduce(film.workers);
  const began = useMemo(() => performance.now(), []);
  const draw = (context, size) => paint(context, film, projector.time.current, pictures, histogram, size,
    calm.matches ? 0 : (performance.now() - began) / 1000);
  const over = film.ended && t >= film.latest;
  const words = job.state === 'failed' || job.state === 'cancelled' ? `The job ${job.state === 'failed' ? 'failed' : 'was cancelled'}.`
    : NARRATION[over ? 'done' : phase];
  return html`
    <div class="movie" data-phase=${over ? 'done' : phase} data-playing=${String(projector.playing)} data-workers=${film.workers.join(' ')}>
      <${Steps} film=${film} job=${job} phase=${phase} progress=${progress} seek=${projector.seek} />
      <div class="stage"><${Canvas} draw=${draw} moving=${projector.playing} className="stage-canvas"
        height=${(width) => stageHeight(width, pictures.ratio, film.workers.length)}
        label=${`${words} ${progress.counted} of ${progress.total} strips counted, ${progress.mapped} mapped, ${progress.written} written.`} /></div>
      <${Controls} film=${film} projector=${projector} />
      <p class="narration" aria-live="polite">${words}</p>
      <${Lanes} film=${film} now=${() => projector.time.current} moving=${projector.playing} seek=${projector.seek} />
      ${film.cut && html`<p class="hint">The page has so many strips that the master has not kept all that happened.</p>`}
    </div>`;
}
