import { html } from '../preact.js';

const STEPS = [
  ['Map', 'The image is cut into strips. Each worker takes some and counts how often every level occurs.'],
  ['Reduce', 'The master adds the counts up and makes one table out of them: old level → new level.'],
  ['Apply', 'The table goes to the workers, who put every pixel of their strips through it.'],
  ['Stitch', 'The strips come back, from whoever was fastest, and become one image again.'],
];

/// Shown while no image is chosen: what there is to see.
export function Welcome() {
  return html`
    <section class="card welcome" aria-labelledby="welcome-title">
      <h1 id="welcome-title">See the cluster work</h1>
      <p>Upload an image, or choose one from the list, and let the workers equalize its histogram. You will see who does what.</p>
      <ol class="steps">
        ${STEPS.map(([name, words]) => html`<li key=${name}><h3>${name}</h3><p>${words}</p></li>`)}
      </ol>
    </section>`;
}
