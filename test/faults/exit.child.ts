import { Gpu } from '../../src/runtime/gpu.ts';
import { transpose } from '../../src/runtime/ops/transpose.ts';

// exit.child.mjs WAY: computes, prints a line, and ends in one of several ways without giving anything back.

const gpu = await Gpu.open();
const program = await gpu.compile(() => ({ y: transpose(null, gpu.input('x', [4, 4])) }));
await program.run({ x: new Float32Array(16) });
const way = process.argv[2];
if (way === 'close') gpu.close();
if (way === 'pending') void program.run({ x: new Float32Array(16) });
console.log(`end ${performance.timeOrigin + performance.now()}`);
if (way === 'throw') throw new Error('on purpose');
if (way === 'reject') void Promise.reject(new Error('on purpose'));
if (way === 'exit') process.exit(0);
