package importer

import (
	"fmt"

	"finetune/internal/op"

	"gorgonia.org/tensor"
)

// What the constants that are computed for a graph may cost, so that a small
// file cannot ask for much. Swin-tiny's masks and positions take a tenth.
const (
	maxComputed = 3 << 20 // Elements of 8 bytes; half as many as the file has parameters, if that is more.
	maxProducts = 1 << 27 // Multiplications, a fifth of a second.
)

// spend counts so many elements that are computed.
func (n *node) spend(elements int) error {
	b := n.builder
	most := max(maxComputed, b.trained/2, b.made)
	if elements < 0 || elements > most-b.computed {
		return fmt.Errorf("%d computed elements, %d before: %w, want at most %d", elements, b.computed, ErrUnsupported, most)
	}
	b.computed += elements
	return nil
}

// spendOn counts what folding an operator of constants costs.
func (n *node) spendOn(def op.Def, shape tensor.Shape, in []value) error {
	size, ok := sizeOf(shape)
	if !ok {
		return fmt.Errorf("a constant of shape %v: %w", shape, ErrUnsupported)
	}
	if err := n.spend(size); err != nil {
		return err
	}
	products := productsOf(def, size, in)
	if b := n.builder; products > maxProducts-b.products {
		return fmt.Errorf("%s of constants takes %d multiplications: %w, want at most %d in all", def.Name(), products, ErrUnsupported, maxProducts)
	}
	n.builder.products += products
	return nil
}

// productsOf returns about how many multiplications an operator takes that
// returns size elements.
func productsOf(def op.Def, size int, in []value) int {
	each := 1
	switch def.(type) {
	case *op.MatMul, *op.Dense, *op.Conv, *op.ConvTranspose:
		if each, _ = sizeOf(in[1].Shape()); each > 0 && len(in[1].Shape()) > 1 {
			each = max(1, each/max(1, in[1].Shape()[0])) // At most all of a weight for each.
		}
	}
	largest := size
	for _, v := range in {
		if n, ok := sizeOf(v.Shape()); ok {
			largest = max(largest, n)
		}
	}
	if each > maxProducts/max(1, largest) {
		return maxProducts + 1
	}
	return each * largest
}
