import { html, useLayoutEffect, useRef, useState } from '../preact.js';
import { clearLogs } from '../state/api.js';
import { plural } from '../state/format.js';
import { notify, set, useStore } from '../state/store.js';
import { Badge } from './badge.js';
import { Icon } from './icon.js';

const NEAR_END = 24; // pixels

/// The distributed log, in the columns of the course's console: time, source, message. Scrolls to the newest line, at
/// the end, unless the user has scrolled up.
export function Logs() {
  const live = useStore((state) => state.logs);
  const [frozen, freeze] = useState(null); // the lines when it was paused
  const [source, setSource] = useState('');
  const list = useRef();
  const atEnd = useRef(true);
  const logs = frozen ?? live;
  const sources = [...new Set(logs.map((line) => line.source))].sort();
  const shown = source ? logs.filter((line) => line.source === source) : logs;
  useLayoutEffect(() => {
    if (atEnd.current) list.current.scrollTop = list.current.scrollHeight;
  });
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = list.current;
    atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
  };
  const clear = async () => {
    try {
      await clearLogs();
      set({ logs: [] });
      freeze(null);
    } catch (error) {
      notify(error.message, 'error');
    }
  };
  const waiting = frozen ? live.filter((line) => line.key > (frozen.at(-1)?.key ?? 0)).length : 0;
  return html`
    <section class="card logs" aria-labelledby="logs-title">
      <h2 id="logs-title"><${Icon} name="log" />Distributed log
        <span class="push"></span>
        <span class="log-source"><label for="log-source">Source</label>
          <select id="log-source" value=${source} onChange=${(event) => setSource(event.target.value)}>
            <option value="">all</option>
            ${[...new Set([...sources, ...(source ? [source] : [])])].map((name) => html`<option key=${name} value=${name}>${name}</option>`)}
          </select></span>
        <button class="small border" aria-pressed=${frozen !== null} onClick=${() => freeze(frozen ? null : live)}>
          <${Icon} name=${frozen ? 'play' : 'pause'} /><span>${frozen ? `Resume${waiting > 0 ? ` (${waiting} new)` : ''}` : 'Pause'}</span></button>
        <button class="small border" onClick=${clear}><${Icon} name="delete" /><span>Clear</span></button>
      </h2>
      <div class="log-lines" ref=${list} onScroll=${scrolled} tabindex="0" role="region" aria-label="Log lines"><ol>
        ${shown.map((line) => html`
          <li key=${line.key}><time>${line.time}</time>
            <span class="log-who" title=${line.source}>${line.source === 'Master' ? null : html`<${Badge} id=${line.source} />`}${line.source}</span>
            <span class="log-words">${line.message}</span></li>`)}
        ${shown.length === 0 && html`<li class="empty">${source ? `Nothing from ${source}.` : 'Nothing yet.'}</li>`}
      </ol></div>
      <span class="visually-hidden">${plural(shown.length, 'line')}</span>
    </section>`;
}
