/** The frame that a video shows now, as it can be handed to a worker; null where there is none yet. */
export async function grab(video: HTMLVideoElement): Promise<VideoFrame | ImageBitmap | null> {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || !video.videoWidth) return null;
  if (typeof VideoFrame !== 'function') return createImageBitmap(video);
  try {
    return new VideoFrame(video);
  } catch {
    // Between two streams a video has no frame for a moment.
    return null;
  }
}
