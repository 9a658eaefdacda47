import { html, useEffect, useLayoutEffect, useRef } from '../preact.js';

const MIN_WIDTH = 120; // pixels

/// A canvas of its parent's width, at the screen's resolution. `draw(context, {width, height})` is called on every
/// render, and in every frame while `moving`; `height(width)` returns the desired height.
export function Canvas({ draw, height, moving, label, className }) {
  const element = useRef();
  const latest = useRef();
  latest.current = { draw, height };
  const paint = () => {
    const canvas = element.current;
    if (!canvas) return;
    const width = canvas.parentElement?.clientWidth ?? 0;
    if (width < MIN_WIDTH) return; // not laid out
    const size = { width, height: latest.current.height(width) };
    const scale = devicePixelRatio || 1;
    if (canvas.width !== Math.round(size.width * scale) || canvas.height !== Math.round(size.height * scale)) {
      canvas.width = Math.round(size.width * scale);
      canvas.height = Math.round(size.height * scale);
      canvas.style.height = `${size.height}px`;
    }
    const context = canvas.getContext('2d');
    context.setTransform(scale, 0, 0, scale, 0, 0);
    latest.current.draw(context, size);
  };
  useLayoutEffect(paint);
  useEffect(() => {
    const watcher = new ResizeObserver(paint);
    watcher.observe(element.current.parentElement);
    addEventListener('themechange', paint);
    document.fonts?.ready.then(paint);
    return () => {
      watcher.disconnect();
      removeEventListener('themechange', paint);
    };
  }, []);
  useEffect(() => {
    if (!moving) return undefined;
    let frame = 0;
    const next = () => {
      paint();
      frame = requestAnimationFrame(next);
    };
    frame = requestAnimationFrame(next);
    return () => cancelAnimationFrame(frame);
  }, [moving]);
  return html`<canvas ref=${element} class=${className} role="img" aria-label=${label}></canvas>`;
}
