import { messageOf } from '../web_error.ts';
import { byId, element } from './dom.ts';

const SHOWN_MS = 7000;
const MOST = 3;

/** Says something for a while; what is bad stays until it is closed. @param topic - of which only the latest stays */
export function note(text: string, bad = false, topic = ''): void {
  const notes = byId('notes');
  if ([...notes.children].some((other) => other.firstChild?.textContent === text)) return;
  const close = element('button', { type: 'button', 'aria-label': 'Close' }, '✕');
  const line = element('div', { class: bad ? 'note bad' : 'note' }, element('span', {}, text), close);
  if (topic) for (const old of notes.querySelectorAll(`[data-topic=${topic}]`)) old.remove();
  line.dataset.topic = topic;
  close.addEventListener('click', () => line.remove());
  notes.append(line);
  while (notes.children.length > MOST) notes.firstElementChild!.remove();
  if (!bad) setTimeout(() => line.remove(), SHOWN_MS);
}

/** Escape takes the latest note away. */
export function startNotes(): void {
  document.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') byId('notes').lastElementChild?.remove();
  });
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
