// GEMM core: gemm/matrix_main with majorness as a template argument, the syntax of Dawn since 2026.
// @import gemm/matrix_main
fn load_left(at: u32) -> Left { return subgroupMatrixLoad<Left, row_major>(&a_tile, at, DEPTH); }
fn load_right(at: u32) -> Right { return subgroupMatrixLoad<Right, row_major>(&b_tile, at, TILE_COLS); }
fn store_sum(at: u32, sum: Sum) { subgroupMatrixStore<row_major>(&c_tile, at, sum, N); }
