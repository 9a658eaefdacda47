import { html, useEffect, useLayoutEffect, useRef } from '../preact.js';

const LEAST = 120; // pixels: nothing fits into less

/// A canvas as wide as there is room, sharp on every screen. `draw(context, {width, height})` is called when something has
/// changed, and in every frame while `moving`; `height(width)` says how high it wants to be.
export function Canvas({ draw, height, moving, label, className }) {
  const element = useRef();
  const latest = useRef();
  latest.current = { draw, height };
  const paint = () => {
    const canvas = element.current;
    if (!canvas) return;
    const width = canvas.parentElement?.clientWidth ?? 0;
    if (width < LEAST) return; // not laid out yet, or not any more
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
