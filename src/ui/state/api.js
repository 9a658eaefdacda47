// Calls of the master's HTTP API. Whatever goes wrong is an Error whose message can be shown.

/// The API's `detail` is a sentence, or a list of what is wrong with the request.
function words(status, body) {
  const { detail } = body ?? {};
  if (typeof detail === 'string') return detail;
  if (Array.isArray(detail)) return detail.map((entry) => entry.msg).join(' ');
  return `The master answered with status ${status}.`;
}

const PAUSES_MS = [200, 1000];

/// GETs something. A request that gets no answer is sent again: browsers give up what is under way whenever a network
/// interface comes or goes, and reading twice does no harm.
export async function read(path) {
  for (const pause of PAUSES_MS) {
    try {
      return await fetch(path);
    } catch {
      await new Promise((resolve) => { setTimeout(resolve, pause); });
    }
  }
  return fetch(path);
}

async function call(method, path, json) {
  let response;
  try {
    response = method === 'GET' ? await read(path) : await fetch(path, {
      method,
      headers: json ? { 'Content-Type': 'application/json' } : {},
      body: json ? JSON.stringify(json) : undefined,
    });
  } catch {
    throw new Error('The master cannot be reached.');
  }
  const body = await response.json().catch(() => null);
  if (response.ok) return body;
  throw Object.assign(new Error(words(response.status, body)), { status: response.status });
}

const name = encodeURIComponent;

export const listFiles = async () => (await call('GET', '/api/v1/files')).files;
export const listLogs = async () => (await call('GET', '/logs')).logs;
export const clearLogs = () => call('POST', '/clear_logs');
export const listJobs = async (file) => (await call('GET', `/api/v1/jobs?limit=20&file=${name(file)}`)).jobs;
export const getJob = (id) => call('GET', `/api/v1/jobs/${name(id)}`);
export const startJob = (file, channels) => call('POST', '/api/v1/jobs', { file, channels });
export const cancelJob = (id) => call('DELETE', `/api/v1/jobs/${name(id)}`);
export const deleteFile = (file) => call('DELETE', `/files/${name(file)}`);
export const getHistograms = (id, page) => call('GET', `/api/v1/jobs/${name(id)}/histograms?page=${page}`);
export const getTimeline = (id, page, from) => call('GET', `/api/v1/jobs/${name(id)}/timeline?page=${page}&from=${from}`);

export const downloadPath = (file) => `/download/${name(file)}`;
/// `version`: anything that changes when the file does, so that a replaced file is not shown as it was.
export const previewPath = (file, size, version) => `/api/v1/files/${name(file)}/preview?size=${size}&v=${name(version)}`;

/// Uploads a file; `progress(bytes)` is told how much has left. fetch() does not tell that yet.
export function upload(file, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append('file', file);
    request.open('POST', '/upload');
    request.responseType = 'json';
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () => {
      if (request.status === 200) resolve(request.response);
      else reject(new Error(words(request.status, request.response)));
    };
    request.onerror = () => reject(new Error('The connection was lost while the file was sent.'));
    request.send(form);
  });
}
