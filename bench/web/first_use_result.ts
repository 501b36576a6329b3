/** What a page needs from nothing to its first picture, and then per frame; milliseconds. */
export interface FirstUse {
  readonly adapter: string;
  readonly browser: string;
  readonly edge: number;
  /** Base and adapters, and the scripts themselves. */
  readonly bytes: number;
  /** From opening on. */
  readonly timeline: Readonly<Record<'downloaded' | 'compiled' | 'ready' | 'firstFrame', number>>;
  /** Frames in turns: as before, with another adapter, with another blend of two. */
  readonly frames: Readonly<Record<'same' | 'switched' | 'blended', readonly number[]>>;
}
