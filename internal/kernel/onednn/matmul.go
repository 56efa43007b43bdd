//go:build linux && amd64 && !static

package onednn

import "finetune/internal/kernel"

// product is the shape of c = op(a)·op(b) + bias.
type product struct {
	m, n, k        int
	transA, transB bool
}

func (b *builder) product(p product, withBias bool) {
	strides := func(trans bool, rows, cols int) []int {
		if trans {
			return []int{1, rows}
		}
		return []int{cols, 1}
	}
	a := b.plain([]int{p.m, p.k}, strides(p.transA, p.m, p.k))
	w := b.plain([]int{p.k, p.n}, strides(p.transB, p.k, p.n))
	c := b.plain([]int{p.m, p.n}, []int{p.n, 1})
	var biasMD handle
	if withBias {
		biasMD = b.plain([]int{1, p.n}, []int{p.n, 1})
	}
	attr := b.attributes(0, kernel.Activation{})
	if b.err != nil {
		return
	}
	var pd handle
	status := b.lib.matmul(&pd, b.engine, a, w, biasMD, c, attr)
	pd = b.description("dnnl_matmul_primitive_desc_create", pd, status)
	b.fast(pd)
	args := []execArg{arg(argSrc, b.memory(source, a)), arg(argWeights, b.memory(weights, w)), arg(argDst, b.memory(destination, c))}
	if withBias {
		args = append(args, arg(argBias, b.memory(biases, biasMD)))
	}
	b.step(pd, args...)
}
