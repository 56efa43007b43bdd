package golden

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"finetune/importer"
)

// The gradients of EfficientNet-Lite0 at the batch and the size of a real training have the
// same bytes on every x86 processor with AVX2, AVX-512 or not: those of the hashes, until a
// change is meant to change the order of a sum.
func TestGradientsHaveTheSameBytesOnEveryProcessor(t *testing.T) {
	for _, test := range []struct {
		bn   string
		mode importer.Mode
		want string
	}{
		{"frozen", importer.TrainFrozen, "a30b10d11892b7b5ae3194169af2b82f48e265637cb30e8c92bd6d2a5e7edf8a"},
		{"train", importer.TrainBatch, "b01982f4cb5ff24668905ec0e5e823b0fb89218712d04cb8b0801327c3cc3805"},
	} {
		t.Run(test.bn, func(t *testing.T) {
			name := backend(t).Name()
			if name == "go" {
				t.Skip("plain Go multiplies and adds in two steps where vectors do in one")
			}
			m, err := importer.Load(lite0(t))
			if err != nil {
				t.Fatal(err)
			}
			if err := m.ReplaceHead(102, rand.New(rand.NewPCG(0, 0))); err != nil {
				t.Fatal(err)
			}
			r := compile(t, m, importer.BuildOptions{Batch: 32, Mode: test.mode, Loss: true})
			r.fillBatch(32)
			if err := r.machine.RunAll(); err != nil {
				t.Fatal(err)
			}
			hash := sha256.New()
			for i := range m.Params {
				if err := binary.Write(hash, binary.LittleEndian, r.params.Grad(i)); err != nil {
					t.Fatal(err)
				}
			}
			got := hex.EncodeToString(hash.Sum(nil))
			t.Logf("sha256 %s by %s", got, name)
			if got != test.want {
				t.Errorf("the gradients have sha256 %s by %s, want %s", got, name, test.want)
			}
		})
	}
}
