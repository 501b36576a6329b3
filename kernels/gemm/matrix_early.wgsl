// GEMM core: gemm/matrix_main with majorness as a value (false is row by row), the syntax of earlier browsers.
// @import gemm/matrix_main
fn load_left(at: u32) -> Left { return subgroupMatrixLoad<Left>(&a_tile, at, false, DEPTH); }
fn load_right(at: u32) -> Right { return subgroupMatrixLoad<Right>(&b_tile, at, false, TILE_COLS); }
fn store_sum(at: u32, sum: Sum) { subgroupMatrixStore(&c_tile, at, sum, false, N); }
