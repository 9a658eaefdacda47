import { useEffect, useState } from '../preact.js';
import { previewPath, read } from '../state/api.js';

const SIZE = 720;

/// A picture as the file stores it: strips are rows of that, whatever a tag says about how to hold it.
async function load(path) {
  const response = await read(path);
  if (!response.ok) return null;
  return createImageBitmap(await response.blob(), { imageOrientation: 'none' });
}

function usePicture(path) {
  const [picture, setPicture] = useState(null);
  useEffect(() => {
    let gone = false;
    setPicture(null);
    if (path) load(path).then((loaded) => { if (!gone) setPicture(loaded); }).catch(() => {});
    return () => { gone = true; };
  }, [path]);
  return picture;
}

/// The images before and after, as far as they are there, and the ratio of their sides.
export function usePictures(file, job) {
  const before = usePicture(previewPath(file.name, SIZE, file.modified));
  const after = usePicture(job.state === 'done' ? previewPath(job.result, SIZE, job.finished) : null);
  const image = job.image ?? file.image;
  return { before, after, ratio: image ? image.width / image.height : 4 / 3 };
}
