// The operations of the training lab for WebAssembly, four numbers at a time.
//
// Each does what the one of the same name in training_ops.js does, on the same heap: a pointer here is
// an address there. Rows are multiples of four numbers long, those of a head of attention too, and the
// columns of a matrix product of eight.

typedef float four __attribute__((vector_size(16), aligned(4)));
typedef int four_whole __attribute__((vector_size(16), aligned(4)));
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

// e to the power of x, for x from -87 to 0, within 2e-7: two to the power of a whole number, times a
// polynomial for what is left.
static inline four exp4(four x) {
  x = most(x, all(-87));
  const four whole = __builtin_wasm_nearest_f32x4(x * all(1.44269504f));
  const four rest = x - whole * all(0.693359375f) + whole * all(2.12194440e-4f);
  four p = all(1.9875691500e-4f);
  p = p * rest + all(1.3981999507e-3f);
  p = p * rest + all(8.3334519073e-3f);
  p = p * rest + all(4.1665795894e-2f);
  p = p * rest + all(1.6666665459e-1f);
  p = p * rest + all(5.0000001201e-1f);
  p = p * rest * rest + rest + all(1);
  const four_whole power = (__builtin_convertvector(whole, four_whole) + 127) << 23;
  return p * (four)power;
}

static inline float sum4(four x) { return (x[0] + x[1]) + (x[2] + x[3]); }

static inline float dot(int count, const float *x, const float *y) {
  four sum = all(0);
  for (int k = 0; k < count; k += 4) sum += at(x + k) * at(y + k);
  return sum4(sum);
}

static inline void add_to(int count, float *to, float by, const float *x) {
  for (int k = 0; k < count; k += 4) put(to + k, at(to + k) + all(by) * at(x + k));
}

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

enum { NONE, RELU, TANH };

// Add a bias (columns) to each row of x (rows, columns), and apply an activation, in place.
__attribute__((export_name("activate")))
void activate(int rows, int columns, const float *bias, int kind, float *x) {
  for (int row = 0; row < rows; row++, x += columns) {
    for (int k = 0; k < columns; k += 4) {
      four y = at(x + k) + at(bias + k);
      if (kind == RELU) y = most(y, all(0));
      if (kind == TANH) y = tanh4(y);
      put(x + k, y);
    }
  }
}

// From the gradient of y = activation(x + bias), axes (row, columns), to that of x, in its place, and
// of the bias.
__attribute__((export_name("activateBackward")))
void activate_backward(int rows, int columns, int kind, const float *y, float *d_y, float *d_bias) {
  for (int row = 0; row < rows; row++, y += columns, d_y += columns) {
    for (int k = 0; k < columns; k += 4) {
      const four given = at(y + k);
      four d = at(d_y + k);
      if (kind == RELU) d = (four)((four_whole)d & (given > all(0)));
      if (kind == TANH) d *= all(1) - given * given;
      put(d_y + k, d);
      put(d_bias + k, at(d_bias + k) + d);
    }
  }
}

#define MOST 64 // rows that a row may look at

// Attention: row i of the queries (row, head, width) looks at the first counts[i] rows of keys and
// values that are named in row i of `table` (row, many). Its weights (row, head, many) are the softmax
// of the dot products times `scale`; `seen` (row, head, width) is the sum of the values by these.
__attribute__((export_name("attendForward")))
void attend_forward(int rows, int heads, int width, int many, float scale, const int *table,
                    const int *counts, const float *queries, const float *keys,
                    const float *values, float *weights, float *seen) {
  const int columns = heads * width;
  float scores[MOST];
  for (int row = 0; row < rows; row++, table += many) {
    const int count = counts[row];
    for (int head = 0; head < heads; head++, weights += many, queries += width, seen += width) {
      float largest = -3e38f, sum = 0;
      for (int k = 0; k < count; k++) {
        scores[k] = scale * dot(width, queries, keys + table[k] * columns + head * width);
        if (scores[k] > largest) largest = scores[k];
      }
      for (int k = 0; k < count; k += 4) put(scores + k, exp4(at(scores + k) - all(largest)));
      for (int k = 0; k < count; k++) sum += scores[k];
      for (int k = 0; k < width; k++) seen[k] = 0;
      for (int k = 0; k < many; k++) {
        weights[k] = k < count ? scores[k] / sum : 0;
        if (k < count) add_to(width, seen, weights[k], values + table[k] * columns + head * width);
      }
    }
  }
}

// Attention backward: from the gradient of what was seen to those of queries, keys and values.
__attribute__((export_name("attendBackward")))
void attend_backward(int rows, int heads, int width, int many, float scale, const int *table,
                     const int *counts, const float *queries, const float *keys,
                     const float *values, const float *weights, const float *d_seen,
                     float *d_queries, float *d_keys, float *d_values) {
  const int columns = heads * width;
  float d_weights[MOST];
  for (int row = 0; row < rows; row++, table += many) {
    const int count = counts[row];
    for (int head = 0; head < heads; head++) {
      float together = 0;
      for (int k = 0; k < count; k++) {
        const int other = table[k] * columns + head * width;
        d_weights[k] = dot(width, d_seen, values + other);
        add_to(width, d_values + other, weights[k], d_seen);
        together += weights[k] * d_weights[k];
      }
      for (int k = 0; k < count; k++) {
        const int other = table[k] * columns + head * width;
        const float d_score = scale * weights[k] * (d_weights[k] - together);
        add_to(width, d_queries, d_score, keys + other);
        add_to(width, d_keys + other, d_score, queries);
      }
      weights += many, queries += width, d_seen += width, d_queries += width;
    }
  }
}

// A layer norm: each row of x (rows, columns) less its mean, divided by its standard deviation, which
// is `normal`, times gamma, plus beta. Kept for the way back: `normal`, and one over the deviation.
__attribute__((export_name("normForward")))
void norm_forward(int rows, int columns, const float *x, const float *gamma, const float *beta,
                  float *normal, float *inverse, float *y) {
  for (int row = 0; row < rows; row++, x += columns, normal += columns, y += columns) {
    four sum = all(0), squares = all(0);
    for (int k = 0; k < columns; k += 4) sum += at(x + k);
    const four mean = all(sum4(sum) / columns);
    for (int k = 0; k < columns; k += 4) squares += (at(x + k) - mean) * (at(x + k) - mean);
    inverse[row] = 1 / __builtin_sqrtf(sum4(squares) / columns + 1e-6f);
    for (int k = 0; k < columns; k += 4) {
      const four n = (at(x + k) - mean) * all(inverse[row]);
      put(normal + k, n);
      put(y + k, n * at(gamma + k) + at(beta + k));
    }
  }
}

// A layer norm backward: from the gradient of y to those of x, gamma and beta.
__attribute__((export_name("normBackward")))
void norm_backward(int rows, int columns, const float *gamma, const float *normal,
                   const float *inverse, const float *d_y, float *d_x, float *d_gamma,
                   float *d_beta) {
  for (int row = 0; row < rows; row++, normal += columns, d_y += columns, d_x += columns) {
    four sum = all(0), product = all(0);
    for (int k = 0; k < columns; k += 4) {
      const four d = at(d_y + k), n = at(normal + k);
      put(d_gamma + k, at(d_gamma + k) + d * n);
      put(d_beta + k, at(d_beta + k) + d);
      sum += d * at(gamma + k);
      product += d * at(gamma + k) * n;
    }
    const four mean = all(sum4(sum) / columns), along = all(sum4(product) / columns);
    for (int k = 0; k < columns; k += 4) {
      const four d = at(d_y + k) * at(gamma + k) - mean - at(normal + k) * along;
      put(d_x + k, at(d_x + k) + all(inverse[row]) * d);
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
