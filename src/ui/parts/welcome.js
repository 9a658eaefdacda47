import { html } from '../preact.js';

const STEPS = [
  ['Map', 'The image is split into strips. Each worker takes some and counts how often each level occurs.'],
  ['Reduce', 'The master adds up the counts and computes one table from them: old level → new level.'],
  ['Apply', 'The table is sent to the workers, which map every pixel of their strips through it.'],
  ['Stitch', 'The strips come back and become one image again.'],
];

/// Shown while no image is selected: explains what can be seen.
export function Welcome() {
  return html`
    <section class="card welcome" aria-labelledby="welcome-title">
      <h1 id="welcome-title">See the cluster work</h1>
      <p>Upload an image, or choose one from the list, and watch the workers equalize its histogram.</p>
      <ol class="steps">
        ${STEPS.map(([name, words]) => html`<li key=${name}><h3>${name}</h3><p>${words}</p></li>`)}
      </ol>
    </section>`;
}
