// Sum over the threads of a workgroup, in order; thread 0 has it, the others have nothing.
// One barrier and a plain loop: a tree of barriers takes software devices a second to compile, and gains nothing at 64.
override WG: u32 = 64;

var<workgroup> sums: array<vec4f, WG>;

fn workgroup_sum(v: vec4f, thread: u32) -> vec4f {
  sums[thread] = v;
  workgroupBarrier();
  var whole = vec4f();
  if (thread == 0u) { for (var i = 0u; i < WG; i++) { whole += sums[i]; } }
  return whole;
}

// What workgroup g of `groups` leaves: its four lanes, or their sum as the one number of a row where it is the only one.
fn partial_sum(v: vec4f, groups: u32) -> vec4f {
  if (groups > 1u) { return v; }
  return vec4f(dot(v, vec4f(1.0)), 0.0, 0.0, 0.0);
}
