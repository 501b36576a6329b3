// What the row norms share. stats of a row: (origin, mean - origin, 1 / deviation, 0), origin being its first value, so
// that a large common offset costs no digits.
fn normed(stat: vec4f, x: vec4f) -> vec4f { return (x - stat.x - stat.y) * stat.z; }
