// The four operations of the training lab for WebAssembly, four numbers at a time.
//
// Each does what the one of the same name in training_ops.js does, on the same heap: a pointer here is
// an address there. Rows are multiples of four numbers long, and the columns of a matrix product of
// eight.

typedef float four __attribute__((vector_size(16), aligned(4)));
typedef int token;

static inline four all(float x) { return (four){x, x, x, x}; }
static inline four at(const float *x) { return *(const four *)x; }
static inline void put(float *x, four y) { *(four *)x = y; }
static inline four least(four a, four b) { return __builtin_wasm_pmin_f32x4(a, b); }
static inline four most(four a, four b) { return __builtin_wasm_pmax_f32x4(a, b); }

// tanh as a quotient of two polynomials, within 1e-7: the one that Eigen, and so TensorFlow, uses. The
// terms are added in pairs, so that no sum has to wait for all before it.
static inline four tanh4(four x) {
  x = least(most(x, all(-7.90531110763549805f)), all(7.90531110763549805f));
  const four y = x * x;
  const four y2 = y * y, y4 = y2 * y2;
  const four p = (all(4.89352455891786e-03f) + all(6.37261928875436e-04f) * y) +
                 (all(1.48572235717979e-05f) + all(5.12229709037114e-08f) * y) * y2 +
                 ((all(-8.60467152213735e-11f) + all(2.00018790482477e-13f) * y) +
                  all(-2.76076847742355e-16f) * y2) * y4;
  const four q = (all(4.89352518554385e-03f) + all(2.26843463243900e-03f) * y) +
                 (all(1.18534705686654e-04f) + all(1.19825839466702e-06f) * y) * y2;
  return x * p / q;
}

static inline four sigmoid4(four x) { return all(0.5f) * tanh4(all(0.5f) * x) + all(0.5f); }

// c (rows, columns) = a (rows, inner) @ b (inner, columns), or that added to c. The numbers of `a`
// lie `down` apart from row to row and `across` from column to column, so that it may be transposed.
__attribute__((export_name("matmul")))
void matmul(int rows, int inner, int columns, const float *a, int down, int across, const float *b,
            float *c, int add) {
  int row = 0;
  for (; row + 3 < rows; row += 4) {
    for (int column = 0; column < columns; column += 8) {
      four s00 = all(0), s01 = all(0), s10 = all(0), s11 = all(0);
      four s20 = all(0), s21 = all(0), s30 = all(0), s31 = all(0);
      const float *from = a + row * down, *other = b + column;
      for (int k = 0; k < inner; k++) {
        const four b0 = at(other), b1 = at(other + 4);
        four x = all(from[0]);
        s00 += x * b0, s01 += x * b1;
        x = all(from[down]);
        s10 += x * b0, s11 += x * b1;
        x = all(from[2 * down]);
        s20 += x * b0, s21 += x * b1;
        x = all(from[3 * down]);
        s30 += x * b0, s31 += x * b1;
        from += across, other += columns;
      }
      float *to = c + row * columns + column;
      if (add) {
        s00 += at(to), s01 += at(to + 4);
        s10 += at(to + columns), s11 += at(to + columns + 4);
        s20 += at(to + 2 * columns), s21 += at(to + 2 * columns + 4);
        s30 += at(to + 3 * columns), s31 += at(to + 3 * columns + 4);
      }
      put(to, s00), put(to + 4, s01);
      put(to + columns, s10), put(to + columns + 4, s11);
      put(to + 2 * columns, s20), put(to + 2 * columns + 4, s21);
      put(to + 3 * columns, s30), put(to + 3 * columns + 4, s31);
    }
  }
  for (; row < rows; row++) {
    for (int column = 0; column < columns; column += 8) {
      four s0 = all(0), s1 = all(0);
      const float *from = a + row * down, *other = b + column;
      for (int k = 0; k < inner; k++) {
        s0 += all(*from) * at(other), s1 += all(*from) * at(other + 4);
        from += across, other += columns;
      }
      float *to = c + row * columns + column;
      if (add) s0 += at(to), s1 += at(to + 4);
      put(to, s0), put(to + 4, s1);
    }
  }
}

// One time step of a GRU. Row i goes on from row parents[i] of the step before, and reads
// tokens[i]; `table` (token, 3 units) is each token's embedding times the kernel, with the input
// bias. `recurrent` (parent, 3 units) is the state before times the recurrent kernel. Kept for the
// way back: the gates (row, 3 units), update, reset and candidate.
__attribute__((export_name("gruForward")))
void gru_forward(int rows, int units, const int *parents, const token *tokens, const float *table,
                 const float *bias, const float *recurrent, const float *before, float *gates,
                 float *after) {
  for (int row = 0; row < rows; row++) {
    const float *x = table + tokens[row] * 3 * units, *h = recurrent + parents[row] * 3 * units;
    const float *old = before + parents[row] * units;
    float *kept = gates + row * 3 * units, *state = after + row * units;
    for (int u = 0; u < units; u += 4) {
      const int r = u + units, c = r + units;
      const four update = sigmoid4(at(x + u) + at(h + u) + at(bias + u));
      const four reset = sigmoid4(at(x + r) + at(h + r) + at(bias + r));
      const four candidate = tanh4(at(x + c) + reset * (at(h + c) + at(bias + c)));
      put(kept + u, update), put(kept + r, reset), put(kept + c, candidate);
      put(state + u, candidate + update * (at(old + u) - candidate));
    }
  }
}

// The same time step backward: from the gradient of the state after (row, units), to that of the
// state before (parent, units), of `recurrent` (parent, 3 units), of the bias (3 units) and of `table`
// (token, 3 units). All are added to what is there: rows may share a parent, and a token.
__attribute__((export_name("gruBackward")))
void gru_backward(int rows, int units, const int *parents, const token *tokens, const float *bias,
                  const float *recurrent, const float *before, const float *gates,
                  const float *d_after, float *d_before, float *d_recurrent, float *d_bias,
                  float *d_table) {
  for (int row = 0; row < rows; row++) {
    const float *h = recurrent + parents[row] * 3 * units, *old = before + parents[row] * units;
    const float *kept = gates + row * 3 * units, *d_state = d_after + row * units;
    float *d_old = d_before + parents[row] * units;
    float *d_h = d_recurrent + parents[row] * 3 * units, *d_x = d_table + tokens[row] * 3 * units;
    for (int u = 0; u < units; u += 4) {
      const int r = u + units, c = r + units;
      const four update = at(kept + u), reset = at(kept + r), candidate = at(kept + c);
      const four d = at(d_state + u), one = all(1);
      const four d_c = d * (one - update) * (one - candidate * candidate);
      const four d_u = d * (at(old + u) - candidate) * update * (one - update);
      const four d_r = d_c * (at(h + c) + at(bias + c)) * reset * (one - reset);
      put(d_old + u, at(d_old + u) + d * update);
      put(d_h + u, at(d_h + u) + d_u), put(d_x + u, at(d_x + u) + d_u);
      put(d_h + r, at(d_h + r) + d_r), put(d_x + r, at(d_x + r) + d_r);
      put(d_h + c, at(d_h + c) + d_c * reset), put(d_x + c, at(d_x + c) + d_c);
      put(d_bias + u, at(d_bias + u) + d_u), put(d_bias + r, at(d_bias + r) + d_r);
      put(d_bias + c, at(d_bias + c) + d_c * reset);
    }
  }
}

// One update of AdamW: `rate` is corrected for the start of the means, `decay` is the share by which
// each weight shrinks first.
__attribute__((export_name("adam")))
void adam(int count, float *weights, const float *gradients, float *means, float *squares,
          float rate, float decay, float beta1, float beta2, float epsilon) {
  for (int i = 0; i < count; i += 4) {
    const four gradient = at(gradients + i);
    const four mean = at(means + i) + all(1 - beta1) * (gradient - at(means + i));
    const four square = at(squares + i) + all(1 - beta2) * (gradient * gradient - at(squares + i));
    const four step = all(rate) * mean / (__builtin_wasm_sqrt_f32x4(square) + all(epsilon));
    put(means + i, mean), put(squares + i, square);
    put(weights + i, at(weights + i) * all(1 - decay) - step);
  }
}
