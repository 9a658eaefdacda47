import { html, useLayoutEffect, useRef, useState } from '../preact.js';
import { previewPath } from '../state/api.js';

const SIZE = 2048; // pixels of the longer side: the largest preview that the master makes
const MAX_SCALE = 8;
const STEP = 1.25;
const MAX_TRIES = 3, PAUSE_MS = 1500; // for loading a picture

const clamp = (value, min, max) => Math.min(max, Math.max(min, value));

/// The visible part of the picture: the zoom factor `scale`, and the centre `x` and `y` in fractions of the picture.
const WHOLE = { scale: 1, x: 0.5, y: 0.5 };
function within({ scale, x, y }) {
  const zoomed = clamp(scale, 1, MAX_SCALE);
  const margin = 0.5 / zoomed;
  return { scale: zoomed, x: clamp(x, margin, 1 - margin), y: clamp(y, margin, 1 - margin) };
}

/// The picture before on the left of a line, after on its right. The line is a slider: it can be dragged, and moved with
/// the arrow keys. Wheel or buttons zoom; a zoomed picture can be panned.
export function Compare({ file, job }) {
  const [at, setAt] = useState(50); // percent
  const [view, setView] = useState(WHOLE);
  const [tries, setTries] = useState(1);
  const failed = tries > MAX_TRIES;
  const [ratio, setRatio] = useState(file.image.width / file.image.height);
  const frame = useRef();
  const drag = useRef(null);
  const zoom = (factor, x = view.x, y = view.y) => setView((old) => within({ scale: old.scale * factor, x, y }));

  // Not by a style attribute: the Content-Security-Policy forbids those.
  useLayoutEffect(() => {
    const { style } = frame.current;
    style.setProperty('--at', `${at}%`);
    style.setProperty('--scale', view.scale);
    style.setProperty('--x', `${(0.5 - view.x) * 100}%`);
    style.setProperty('--y', `${(0.5 - view.y) * 100}%`);
    style.setProperty('--ratio', ratio);
  });
  useLayoutEffect(() => {
    const element = frame.current;
    const wheel = (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
      event.preventDefault();
      zoom(event.deltaY < 0 ? STEP : 1 / STEP);
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  });
  const down = (event) => {
    if (event.target.closest('input') || view.scale === 1) return;
    drag.current = { x: event.clientX, y: event.clientY, view };
    frame.current.setPointerCapture(event.pointerId);
  };
  const move = (event) => {
    if (!drag.current) return;
    const { width, height } = frame.current.getBoundingClientRect();
    const { x, y, view: from } = drag.current;
    setView(within({
      scale: from.scale,
      x: from.x - (event.clientX - x) / width / from.scale,
      y: from.y - (event.clientY - y) / height / from.scale,
    }));
  };
  const up = () => { drag.current = null; };
  /// An orientation tag may have turned the picture.
  const loaded = (event) => setRatio(event.target.naturalWidth / event.target.naturalHeight);
  const key = (event) => {
    if (event.target !== frame.current) return;
    const step = 0.1 / view.scale;
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (by && view.scale > 1) setView(within({ scale: view.scale, x: view.x + by[0], y: view.y + by[1] }));
    else if (event.key === '+') zoom(STEP);
    else if (event.key === '-') zoom(1 / STEP);
    else return;
    event.preventDefault();
  };
  const version = job.finished ?? job.id;
  const retry = () => { if (!failed) setTimeout(() => setTries(tries + 1), PAUSE_MS); };
  return html`
    <div class="compare">
      <div class="compare-frame ${view.scale > 1 ? 'zoomed' : ''}" ref=${frame} onPointerDown=${down} onPointerMove=${move}
        onPointerUp=${up} onPointerCancel=${up} onKeyDown=${key} tabindex="0" role="group"
        aria-label="Before and after: plus and minus zoom, arrow keys pan">
        <img class="compare-before" src=${previewPath(file.name, SIZE, `${file.modified} ${tries}`)} alt="Before" draggable=${false} onLoad=${loaded} onError=${retry} />
        <div class="compare-clip"><img class="compare-after" src=${previewPath(job.result, SIZE, `${version} ${tries}`)} alt="After" draggable=${false} onError=${retry} /></div>
        <span class="compare-word before" aria-hidden="true">before</span><span class="compare-word after" aria-hidden="true">after</span>
        <div class="compare-line" aria-hidden="true"></div>
        <input class="compare-slider" type="range" min="0" max="100" step="0.5" value=${at} aria-label="Divider between before and after"
          onInput=${(event) => setAt(Number(event.target.value))} />
      </div>
      ${failed && html`<p class="error-words">The master could not make a preview of this image: it would need too much memory.</p>`}
      <div class="compare-tools">
        <button class="small border" onClick=${() => zoom(1 / STEP)} disabled=${view.scale <= 1} aria-label="Zoom out">−</button>
        <output aria-label="Zoom">${Math.round(view.scale * 100)} %</output>
        <button class="small border" onClick=${() => zoom(STEP)} disabled=${view.scale >= MAX_SCALE} aria-label="Zoom in">+</button>
        <button class="small border" onClick=${() => setView(WHOLE)} disabled=${view.scale === 1}>Whole image</button>
        <small class="hint wide-only">Drag the line; zoom with Ctrl and wheel; drag the zoomed picture to pan.</small>
      </div>
    </div>`;
}
