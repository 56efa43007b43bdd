package finetune

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"path/filepath"
	"testing"

	"finetune/importer"
	"finetune/internal/kernel/gokernel"
)

// A training has the same bytes on every x86 processor with AVX2, AVX-512 or not. These are
// of two short ones; a change that is meant to change the order of a sum, a draw or a default
// changes them, and no machine does.
func TestTrainingHasTheSameBytesOnEveryProcessor(t *testing.T) {
	backend := gokernel.New(1)
	name := backend.Name()
	backend.Close()
	if name == "go" {
		t.Skip("plain Go multiplies and adds in two steps where vectors do in one")
	}
	for _, test := range []struct{ optimizer, bn, want string }{
		{"sam+adamw", "frozen", "62caa915d037caccc1ea02055794ae74d88633c5f241436b1b153f5b4499482d"},
		{"sam", "train", "b00932ffb3b29a355b79d1eb53bf4cf40e179f32984020f3396188f478f4031f"},
	} {
		t.Run(test.optimizer+","+test.bn, func(t *testing.T) {
			c := DefaultsFor("fashion-mnist", "", test.optimizer)
			c.Output, c.Kernels, c.BatchNorm = filepath.Join(t.TempDir(), "run"), "go", test.bn
			c.InputSize, c.Batch, c.Epochs, c.SAMFrom, c.LimitTrain, c.LimitTest = 64, 16, 2, 2, 40, 8
			r, _ := mustRun(t, c)
			got := parameterHash(t, mustRead(t, r.Run, modelFile))
			t.Logf("sha256 %s by %s", got, name)
			if got != test.want {
				t.Errorf("the trained parameters have sha256 %s by %s, want %s", got, name, test.want)
			}
		})
	}
}

// parameterHash returns the sha256 of the parameters of an ONNX file.
func parameterHash(t *testing.T, file []byte) string {
	t.Helper()
	m, err := importer.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.New()
	for _, p := range m.Params {
		if err := binary.Write(hash, binary.LittleEndian, p.Value); err != nil {
			t.Fatal(err)
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}
