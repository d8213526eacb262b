import { announce, setAttribute, setText } from './elements.js';

/** Shows whether the page hears of its process, and tells screen readers when that changes. */
export function showLink(isLive: boolean, text: string): void {
  const link = document.getElementById('link')!;
  if (link.textContent !== text) announce(text);
  setText(link, text);
  setAttribute(link, 'class', isLive ? 'good' : 'bad');
}
