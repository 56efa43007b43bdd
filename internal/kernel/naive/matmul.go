package naive

// MatMul computes c = op(a)·op(b) + bias, with c [m,n], op(a) [m,k] and op(b)
// [k,n]. With transA a is stored [k,m], with transB b is stored [n,k]. bias is
// [n], added to each row, or nil.
func MatMul(c, a, b, bias []float64, m, n, k int, transA, transB bool) {
	rowA, colA := k, 1
	if transA {
		rowA, colA = 1, m
	}
	rowB, colB := n, 1
	if transB {
		rowB, colB = 1, k
	}
	for i := range m {
		row := c[i*n : (i+1)*n]
		clear(row)
		copy(row, bias)
		for p := range k {
			v := a[i*rowA+p*colA]
			for j := range row {
				row[j] += v * b[p*rowB+j*colB]
			}
		}
	}
}
