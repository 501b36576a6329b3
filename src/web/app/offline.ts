/** Keeps the page for when there is no network. */
export function startOffline(): void {
  if (!('serviceWorker' in navigator)) return;
  // Not being there offline is no reason to bother anybody.
  navigator.serviceWorker.register('service_worker.mjs', { type: 'module' }).catch(() => {});
}
