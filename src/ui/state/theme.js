// Light or dark: the system's preference unless the user has chosen. beercss uses a class of the body.
const KEY = 'ece465.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

export const isDark = () => (localStorage.getItem(KEY) ?? (system.matches ? 'dark' : 'light')) === 'dark';

function apply() {
  document.body.className = isDark() ? 'dark' : 'light';
  // Canvases and plots must be redrawn.
  dispatchEvent(new Event('themechange'));
}

export function toggleTheme() {
  localStorage.setItem(KEY, isDark() ? 'light' : 'dark');
  apply();
}

export function startTheme() {
  system.addEventListener('change', apply);
  apply();
}

/// A colour of the current theme: color('--primary').
export const color = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
