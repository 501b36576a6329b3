// y[p, o] = bias[o] + residual[p, o] + sum over t, i of x[p + t - pad, i] * w[t, i, o], for few output channels
// x: [n, h, w, cin]  w: [kh, kw, cin, cout]  y, residual: [n, oh, ow, cout]; beyond the border x is what MODE says.
// The same sum as conv2d/forward at stride 1, for devices where loads are dear: a product with one or two columns
// loads an input for every tap. Here a lane owns OY x OX output pixels and walks down the input rows beneath them,
// one input channel at a time. An input is loaded once and serves all its taps; the weights of a row of taps lie one
// to a lane, go round by subgroupBroadcast, serve the block's first row, and one input row later its next.
// @import lib/border
enable subgroups;

struct Params {
  h: u32, w: u32, cin: u32, cin_pitch: u32, oh: u32, ow: u32, cout4: u32, kh: u32, py: u32, px: u32,
}

const SG: u32 = 8u;    // @specialize
const OY: u32 = 2u;    // @specialize
const LATER: u32 = 1u; // @specialize
const OX: u32 = 8u;    // @specialize
const KW: u32 = 7u;    // @specialize
const IX: u32 = 14u;   // @specialize
const HELD: u32 = 1u;  // @specialize

override WY: u32 = 4;
// Channels in the last vec4; less than 4 only where it is the only one.
override LAST: u32 = 4u;
override HAS_BIAS: bool = false;
override HAS_RESIDUAL: bool = false;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read> residual: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

fn store(picture: u32, oy: u32, ox: u32, col: u32, acc: vec4f) {
  if (oy >= params.oh || ox >= params.ow) { return; }
  let i = ((picture * params.oh + oy) * params.ow + ox) * params.cout4 + col;
  var v = acc;
  if (HAS_RESIDUAL) { v += residual[i]; }
  // Known when it is compiled, so that sums for the padding are not computed at all.
  y[i] = select(vec4f(), v, vec4u(0u, 1u, 2u, 3u) < vec4u(LAST));
}

@compute @workgroup_size(SG, WY)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let picture = wg.z / params.cout4;
  let col = wg.z % params.cout4;
  let oy = (wg.y * WY + lid.y) * OY;
  let ox = (wg.x * SG + lid.x) * OX;
  var column: array<u32, IX>;
  var beside: array<bool, IX>;
  // @unroll IX
  { const j = 0u;
    let ix = border_source(i32(ox + j) - i32(params.px), i32(params.w));
    column[j] = ix * params.cin_pitch;
    beside[j] = ix < params.w;
  }
  var first = vec4f();
  if (HAS_BIAS) { first = bias[col]; }
  var acc: array<array<vec4f, OX>, OY>;
  // @unroll OY
  { const q = 0u;
    // @unroll OX
    { const p = 0u; acc[q][p] = first; }
  }
  for (var c = 0u; c < params.cin; c++) {
    var k = array<array<vec4f, KW>, OY>();
    for (var r = 0u; r < OY + params.kh - 1u; r++) {
      let iy = border_source(i32(oy + r) - i32(params.py), i32(params.h));
      let line = (picture * params.h + iy) * params.w * params.cin_pitch + c;
      var v = array<f32, IX>();
      // @unroll IX
      { const j = 0u;
        v[j] = x[line + column[j]];
        if (MODE == ZEROS) { v[j] = select(0.0, v[j], iy < params.h && beside[j]); }
      }
      // @unroll LATER
      { const q = 0u; k[OY - 1u - q] = k[OY - 2u - q]; }
      var held = array<vec4f, HELD>();
      if (r < params.kh) {
        // @unroll HELD
        { const h = 0u;
          let tap = r * KW + min(h * SG + lid.x, KW - 1u);
          held[h] = w[(tap * params.cin + c) * params.cout4 + col];
        }
      }
      // @unroll KW
      { const t = 0u; k[0][t] = subgroupBroadcast(held[t / SG], t % SG); }
      // @unroll OY
      { const q = 0u;
        // @unroll OX
        { const p = 0u;
          // @unroll KW
          { const t = 0u; acc[q][p] = fma(vec4f(v[p + t]), k[q][t], acc[q][p]); }
        }
      }
    }
  }
  // @unroll OY
  { const q = 0u;
    // @unroll OX
    { const p = 0u; store(picture, oy + q, ox + p, col, acc[q][p]); }
  }
}
