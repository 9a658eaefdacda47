// Icons, drawn for this page in a square of 24. They are decorative: their meaning is given by the text beside them or
// by their element's label.
import { html } from '../preact.js';

const PATHS = {
  add: 'M12 4v16M4 12h16',
  cluster: 'M12 3v6M12 15v2M5 21v-4h14v4M9 9h6v6H9zM3 21h4M17 21h4M12 17v4M10.5 21h3',
  close: 'M6 6l12 12M18 6L6 18',
  dark: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  delete: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  download: 'M12 4v11M7 10.5l5 5 5-5M4 20h16',
  equalize: 'M4 20V14M9.3 20V8M14.6 20V4M20 20v-9',
  first: 'M6 5v14M19 5l-9 7 9 7z',
  gone: 'M4 4l16 16M8.5 5.6A8 8 0 0 1 18.4 15.5M5.6 8.5A8 8 0 0 0 15.5 18.4',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9.2h.01',
  light: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M19 5l-1.4 1.4M6.4 17.6L5 19',
  log: 'M4 6h16M4 11h16M4 16h10',
  logout: 'M10 4H5v16h5M9 12h11M16 8l4 4-4 4',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.5l12 7.5-12 7.5z',
  retry: 'M19 12a7 7 0 1 1-2.2-5.1M19 3v5h-5',
  upload: 'M12 16V5M7 9.5L12 4.5l5 5M4 20h16',
  user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20.5a7.6 7.6 0 0 1 15 0',
};

export const Icon = ({ name }) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
