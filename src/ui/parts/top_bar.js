import { html, useEffect, useReducer } from '../preact.js';
import { useStore } from '../state/store.js';
import { isDark, toggleTheme } from '../state/theme.js';
import { Icon } from './icon.js';
import { logOut } from './login.js';

const WORDS = { connecting: 'connecting', live: 'live', lost: 'connection lost' };

export function TopBar({ user }) {
  const [connection, version] = useStore((state) => [state.connection, state.version]);
  const [, redraw] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    addEventListener('themechange', redraw);
    return () => removeEventListener('themechange', redraw);
  }, []);
  const other = isDark() ? 'light' : 'dark';
  return html`
    <header class="top-bar">
      <a class="brand" href="#/"><img src=${new URL('../icon.svg', import.meta.url).pathname} alt="" width="28" height="28" />
        <strong>ece465</strong><span class="wide-only">${version}</span></a>
      <span class="connection ${connection}" role="status"><span class="dot"></span>${WORDS[connection]}</span>
      <span class="push"></span>
      <span class="who" title="Demo login: any name works"><${Icon} name="user" /><span>${user}</span><span class="tag">demo</span></span>
      <button class="bar-button" onClick=${toggleTheme} aria-label=${`Switch to ${other} theme`} title=${`Switch to ${other} theme`}>
        <${Icon} name=${other} /></button>
      <button class="bar-button" onClick=${logOut} aria-label="Log out" title="Log out"><${Icon} name="logout" /></button>
    </header>`;
}
