package onednn

import "testing"

func TestFaster(t *testing.T) {
	conv := func(size, c, outC, k, stride, groups int) layer {
		n := network{batch: 1}
		n.add(size, c, outC, k, stride, groups)
		return n.layers[0]
	}
	for _, c := range []struct {
		guest, host string
		op          Op
		layer       layer
		want        bool
	}{
		{AVX2, "go-avx2", Forward, conv(14, 1024, 256, 1, 1, 1), true},
		{AVX2, "go-avx2", GradInput, conv(28, 512, 1024, 1, 2, 1), true},
		{AVX2, "go-avx2", GradWeights, conv(14, 1024, 256, 1, 1, 1), false},
		{AVX2, "go-avx2", Forward, conv(14, 256, 1024, 1, 1, 1), false},
		{AVX2, "go-avx2", GradInput, conv(14, 1024, 256, 1, 1, 1), false},
		{AVX2, "go-avx2", Forward, conv(7, 2048, 256, 3, 1, 1), false},
		{AVX2, "go-avx2", Forward, conv(112, 32, 16, 1, 1, 1), false},
		{AVX2, "go-avx2", Forward, conv(7, 1152, 1152, 5, 1, 1152), false},
		{AVX2, "go-avx2", Product, conv(1, 1280, 102, 1, 1, 1), false},
		{AVX512, "go-avx2", GradWeights, conv(112, 32, 16, 1, 1, 1), true},
		{AVX512, "go-avx2", Forward, conv(14, 256, 256, 3, 1, 1), false},
		{AVX512, "go-avx2", GradWeights, conv(7, 1152, 1152, 5, 1, 1152), false},
		{AVX512, "go-avx512", Forward, conv(14, 1024, 256, 1, 1, 1), false},
	} {
		rule, words := Faster(c.guest, c.host)
		if words == "" {
			t.Errorf("Faster(%s, %s) has no words", c.guest, c.host)
		}
		if got := rule != nil && rule(c.op, c.layer.g); got != c.want {
			t.Errorf("Faster(%s, %s): %s of %s is %v, want %v", c.guest, c.host, c.op, c.layer.name, got, c.want)
		}
	}
}
