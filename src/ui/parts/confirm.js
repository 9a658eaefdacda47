import { html, useEffect, useRef } from '../preact.js';

/// A modal question. `onAnswer(true)` for yes; Escape means no.
export function Confirm({ title, words, yes, onAnswer }) {
  const dialog = useRef();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current.showModal();
    return () => {
      dialog.current?.close();
      // In the next frame: nothing else can be focused while the dialog exists.
      requestAnimationFrame(() => before?.focus());
    };
  }, []);
  return html`
    <dialog ref=${dialog} class="confirm" aria-labelledby="confirm-title" aria-describedby="confirm-words"
      onCancel=${(event) => { event.preventDefault(); onAnswer(false); }}>
      <h3 id="confirm-title">${title}</h3>
      <p id="confirm-words">${words}</p>
      <div class="actions">
        <button class="border" autofocus onClick=${() => onAnswer(false)}>Cancel</button>
        <button class="danger" onClick=${() => onAnswer(true)}>${yes}</button>
      </div>
    </dialog>`;
}
