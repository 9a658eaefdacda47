import { useEffect, useState } from '../preact.js';
import { previewPath, read } from '../state/api.js';

const SIZE = 720;

/// A picture in the file's own orientation, in which strips are rows; an orientation tag is ignored.
async function load(path) {
  const response = await read(path);
  if (!response.ok) return null;
  return createImageBitmap(await response.blob(), { imageOrientation: 'none' });
}

function usePicture(path) {
  const [picture, setPicture] = useState(null);
  useEffect(() => {
    let unmounted = false;
    setPicture(null);
    if (path) load(path).then((loaded) => { if (!unmounted) setPicture(loaded); }).catch(() => {});
    return () => { unmounted = true; };
  }, [path]);
  return picture;
}

/// The images before and after, null until loaded, and their width to height.
export function usePictures(file, job) {
  const before = usePicture(previewPath(file.name, SIZE, file.modified));
  const after = usePicture(job.state === 'done' ? previewPath(job.result, SIZE, job.finished) : null);
  const image = job.image ?? file.image;
  return { before, after, ratio: image ? image.width / image.height : 4 / 3 };
}
