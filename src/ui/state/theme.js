// Light or dark: as the system has it, unless somebody chose. beercss reads a class of the body.
const KEY = 'ece465.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

export const isDark = () => (localStorage.getItem(KEY) ?? (system.matches ? 'dark' : 'light')) === 'dark';

function apply() {
  document.body.className = isDark() ? 'dark' : 'light';
  // Canvases and plots have to be painted again.
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

/// A colour of the theme that is in force: color('--primary').
export const color = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
