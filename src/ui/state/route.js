// The selected image is part of the address, #/image/NAME, so that it can be shared and the browser's buttons work.
import { useEffect, useState } from '../preact.js';

function read() {
  const [, kind, name] = location.hash.split('/');
  try {
    return kind === 'image' && name ? decodeURIComponent(name) : null;
  } catch {
    return null; // an invalid % sequence
  }
}

/// The name of the selected image, or null.
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
