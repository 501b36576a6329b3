import type { Progress } from '../download.ts';
import { byId } from './dom.ts';

/** What lies over the picture until the first frame, or where there will be none. */
export const cover = {
  box: byId('cover'),
  text: byId('cover-text'),
  bar: byId<HTMLProgressElement>('cover-progress'),
};

/** Covers the picture with a text, and a bar where `part` is known: 0 for "has begun". */
export function say(text: string, part: number | null = null): void {
  cover.box.hidden = false;
  cover.text.textContent = text;
  cover.bar.hidden = part === null;
  if (part === null) return;
  if (part > 0) cover.bar.value = part;
  else cover.bar.removeAttribute('value');
}

/** Progress of loading and compiling, before the first frame. */
export function showProgress({ stage, loaded, total, file }: Progress): void {
  if (stage === 'ready' || !cover.box.dataset.first) return;
  const part = total ? loaded / total : 0;
  say(stage === 'download' ? `Loading ${file} …` : 'Compiling for this device …', part);
}
