/** Hands over what is dropped anywhere on the page; `veil` shows while something hangs over it. */
export function startDrop(veil: HTMLElement, take: (files: File[]) => void): void {
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    veil.hidden = false;
  });
  document.addEventListener('dragleave', ({ relatedTarget }) => {
    if (!relatedTarget) veil.hidden = true;
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    veil.hidden = true;
    take([...(event.dataTransfer?.files ?? [])]);
  });
}
