import { html, useLayoutEffect, useRef } from '../preact.js';
import { colorOf, letterOf, textOn } from '../state/colors.js';

/// A worker's colour and letter.
export function Badge({ id, gone }) {
  const element = useRef();
  // Not by a style attribute: the Content-Security-Policy forbids those.
  useLayoutEffect(() => {
    const color = colorOf(id);
    element.current.style.backgroundColor = color;
    element.current.style.color = textOn(color);
  }, [id]);
  return html`<b class="badge-letter ${gone ? 'gone' : ''}" ref=${element} aria-hidden="true">${letterOf(id)}</b>`;
}
