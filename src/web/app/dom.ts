/** An element that the page has. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as E;
}

type Props = Readonly<Record<string, string | number | boolean>>;

/** A new element; every text in it is text, whatever it holds. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** 134200 as `134 kB`. */
export function bytesText(bytes: number): string {
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return bytes >= 1000 ? `${Math.round(bytes / 1000)} kB` : `${bytes} B`;
}

/** Gives bytes to the user as a file. */
export function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = element('a', { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A name that every file system takes. */
export const fileName = (text: string): string =>
  text
    .trim()
    .replace(/[^\p{L}\p{N}._ -]+/gu, '_')
    .slice(0, 60) || 'look';

/** Whether a toggle button is on. */
export const pressed = (button: HTMLElement) => button.getAttribute('aria-pressed') === 'true';

export const press = (button: HTMLElement, on: boolean) => button.setAttribute('aria-pressed', String(on));
