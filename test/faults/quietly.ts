/** Runs `work` without what it prints. */
export async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const writes = [process.stdout, process.stderr].map((stream) => {
    const { write } = stream;
    stream.write = () => true;
    return () => {
      stream.write = write;
    };
  });
  try {
    return await work();
  } finally {
    for (const restore of writes) restore();
  }
}
