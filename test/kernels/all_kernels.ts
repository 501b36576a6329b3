import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { AnyKernel, Fragment } from '#kernels/kernel.ts';

const linker = (): Promise<typeof import('../../kernels/link.mjs')> =>
  import(pathToFileURL('kernels/link.mjs').href);

const isKernel = (fragment: Fragment): fragment is AnyKernel => 'bindings' in fragment;

/** Every file under kernels/, linked as bundles link it, by name: kernels and the fragments that they import. */
export async function linkAll(): Promise<{ kernels: AnyKernel[]; fragments: Fragment[] }> {
  const { listFiles, wgslPlugin } = await linker();
  const files = await listFiles();
  const contents = files
    .map((f, i) => `export { default as k${i} } from '#kernels/${f.replaceAll('\\', '/')}';`)
    .join('\n');
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    format: 'esm',
    write: false,
    plugins: [wgslPlugin],
  });
  const code = Buffer.from(outputFiles[0]!.contents).toString('base64');
  const linked: Record<string, Fragment> = await import(`data:text/javascript;base64,${code}`);
  const all = Object.values(linked);
  return { kernels: all.filter(isKernel), fragments: all.filter((f) => !isKernel(f)) };
}
