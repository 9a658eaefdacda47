// Calls of the master's HTTP API. They throw an Error whose message can be shown to the user.

/// The API's `detail` is a sentence, or a list of validation errors.
function errorText(status, body) {
  const { detail } = body ?? {};
  if (typeof detail === 'string') return detail;
  if (Array.isArray(detail)) return detail.map((entry) => entry.msg).join(' ');
  return `The master answered with status ${status}.`;
}

const PAUSES_MS = [200, 1000];

/// GETs a path, retrying without an answer: browsers abort requests in progress whenever a network interface appears or
/// disappears, and a GET can be repeated safely.
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
  throw Object.assign(new Error(errorText(response.status, body)), { status: response.status });
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
/// `version`: anything that changes with the file, so that no stale preview is shown from the browser's cache.
export const previewPath = (file, size, version) => `/api/v1/files/${name(file)}/preview?size=${size}&v=${name(version)}`;

/// Uploads a file. Calls `progress` with the fraction sent, which fetch() cannot report yet.
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
      else reject(new Error(errorText(request.status, request.response)));
    };
    request.onerror = () => reject(new Error('The connection was lost while sending the file.'));
    request.send(form);
  });
}
