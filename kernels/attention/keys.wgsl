// The streams of kernels whose threads own queries: keys and values. The importing file gives k, v, params and z.
fn range(first: u32, end: u32) -> vec2u { return vec2u(0u, select(params.lk, min(params.lk, end), params.causal != 0u)); }

fn a_load(at: u32, e: u32) -> vec4f { return k[row_of(z, params.lk, at + e / D4) * D4 + e % D4]; }
fn b_load(at: u32, e: u32) -> vec4f { return v[row_of(z, params.lk, at + e / DV4) * DV4 + e % DV4]; }
