import { messageOf } from '../web_error.ts';
import { byId, element } from './dom.ts';

const SHOWN_MS = 7000;
const MOST = 3;

/** Says something for a while; what is bad stays until it is closed. */
export function note(text: string, bad = false): void {
  const notes = byId('notes');
  if ([...notes.children].some((other) => other.firstChild?.textContent === text)) return;
  const close = element('button', { type: 'button', 'aria-label': 'Close' }, '✕');
  const line = element('div', { class: bad ? 'note bad' : 'note' }, element('span', {}, text), close);
  close.addEventListener('click', () => line.remove());
  notes.append(line);
  while (notes.children.length > MOST) notes.firstElementChild!.remove();
  if (!bad) setTimeout(() => line.remove(), SHOWN_MS);
}

/** Does something that may fail, and says why it did. */
export async function attempt<T>(work: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    note(messageOf(error), true);
    return undefined;
  }
}
