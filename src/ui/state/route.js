// What is looked at is in the address, so that it can be shared and the browser's buttons work: #/image/NAME.
import { useEffect, useState } from '../preact.js';

function read() {
  const [, kind, name] = location.hash.split('/');
  try {
    return kind === 'image' && name ? decodeURIComponent(name) : null;
  } catch {
    return null; // a % that is none
  }
}

/// The name of the image that is looked at, or null.
export function useSelected() {
  const [selected, select] = useState(read);
  useEffect(() => {
    const changed = () => select(read());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return selected;
}

export const show = (file) => { location.hash = file ? `#/image/${encodeURIComponent(file)}` : '#/'; };
