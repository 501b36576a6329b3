// The weights that one thread of winograd/weight_f2 and weight_f4 transforms; they give w, TURNED and params.

// Four columns of tap t for row k; zero past the last column. Without TURNED the padding of w is that zero.
fn tap(t: u32, k: u32, n4: u32) -> vec4f {
  if (!TURNED) {
    let at = (t * params.cin + k) * params.cout_pitch + 4u * n4;
    return vec4f(w[at], w[at + 1u], w[at + 2u], w[at + 3u]);
  }
  var out = vec4f();
  // @unroll 4
  { const j = 0u;
    let n = 4u * n4 + j;
    if (n < params.cin) { out[j] = w[((8u - t) * params.cin + n) * params.cout_pitch + k]; }
  }
  return out;
}

// The three taps of column s.
fn column(s: u32, k: u32, n4: u32) -> array<vec4f, 3> {
  return array<vec4f, 3>(tap(s, k, n4), tap(3u + s, k, n4), tap(6u + s, k, n4));
}
