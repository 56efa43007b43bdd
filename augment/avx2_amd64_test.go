package augment

import "testing"

// TestWithoutAVX2 holds the plain forms to what the assembly is held to.
func TestWithoutAVX2(t *testing.T) {
	if !hasAVX2 {
		t.Skip("the processor has no AVX2, so every test is one of the plain forms")
	}
	hasAVX2 = false
	defer func() { hasAVX2 = true }()
	t.Run("decode", TestDecodeGolden)
	t.Run("upsample", TestUpsampleConstant)
	t.Run("resample", TestResampleGolden)
	t.Run("naive", TestResampleNaive)
}
