// Small things the other parts share.
const $ = (id) => document.getElementById(id);
const root = document.documentElement;
root.classList.add('scripted');

/** An element with a class and a text; texts are never markup. */
function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

const minus = (number) => (number < 0 ? '−' : '') + Math.abs(number).toLocaleString('en-US');

/** Themes: as the system, light, dark. */
const themes = ['system', 'light', 'dark'];
const onTheme = [];
function applyTheme(theme) {
  if (theme === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme;
  $('theme').textContent = theme === 'system' ? 'Theme: as the system' : 'Theme: ' + theme;
  onTheme.forEach((redraw) => redraw());
}
let theme = 'system';
try {
  const kept = localStorage.getItem('oversell-theme');
  if (themes.includes(kept)) theme = kept;
} catch { /* A page from a file may have no storage: the theme is then not kept. */ }
$('theme').addEventListener('click', () => {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  try { localStorage.setItem('oversell-theme', theme); } catch { /* As above. */ }
  applyTheme(theme);
});
applyTheme(theme);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => onTheme.forEach((redraw) => redraw()));

/** A colour of the style sheet in the theme that is on. */
const probe = make('span');
probe.hidden = true;
document.body.append(probe);
function colour(name) {
  probe.style.color = 'var(--other)';
  probe.style.color = `var(--${name}, var(--other))`;
  return getComputedStyle(probe).color;
}
