import { html, useEffect, useRef } from '../preact.js';

/// A question that must be answered. `onAnswer(true)` for yes; Escape is no.
export function Confirm({ title, words, yes, onAnswer }) {
  const dialog = useRef();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current.showModal();
    return () => {
      dialog.current?.close();
      // Once the dialog is gone: as long as it is there nothing else can have the focus.
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
