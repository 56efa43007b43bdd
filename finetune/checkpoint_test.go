package finetune

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func someCheckpoint(step int) *checkpoint {
	return &checkpoint{
		checkpointHeader: checkpointHeader{
			Config: Config{Task: "folder", Seed: 1<<63 + 1, LearningRate: 0.02}, Classes: []string{"a", "b"},
			Step: step, StepsPerEpoch: 4, OptimizerStep: int64(step), Epoch: epochMeter{Rows: 3, LossSum: 0.1},
		},
		Tensors: []tensor{{"param/w", []float32{1, -2, 3.5}}, {"optimizer/momentum/w", []float32{0, 1e-30, 4}}, {"statistic/m", []float32{}}},
	}
}

func TestCheckpointRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ckpt")
	want := someCheckpoint(5)
	if err := want.write(path); err != nil {
		t.Fatal(err)
	}
	got, err := readCheckpoint(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, want %+v", got, want)
	}
}

// Every prefix and every flipped byte is an error that names the file.
func TestCheckpointDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ckpt")
	var whole bytes.Buffer
	if err := someCheckpoint(5).encode(&whole); err != nil {
		t.Fatal(err)
	}
	for n := range whole.Len() {
		flipped := bytes.Clone(whole.Bytes())
		flipped[n] ^= 0x10
		for _, data := range [][]byte{whole.Bytes()[:n], flipped} {
			if _, err := decodeCheckpoint(data); err == nil {
				t.Fatalf("%d bytes with byte %d damaged: no error", len(data), n)
			}
		}
	}
	if err := os.WriteFile(path, whole.Bytes()[:whole.Len()-1], 0o644); err != nil {
		t.Fatal(err)
	}
	var dataErr *DataError
	if _, err := readCheckpoint(path); !errors.As(err, &dataErr) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want a *DataError that names the file", err)
	}
}

func FuzzDecodeCheckpoint(f *testing.F) {
	var whole bytes.Buffer
	if err := someCheckpoint(5).encode(&whole); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := decodeCheckpoint(data); (c == nil) == (err == nil) {
			t.Errorf("checkpoint %v with error %v", c, err)
		}
	})
}

func TestSaveCheckpointKeepsTwo(t *testing.T) {
	dir := runDir(t.TempDir())
	if err := os.Mkdir(dir.path(checkpointDir), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, step := range []int{4, 8, 10, 11} {
		if err := dir.saveCheckpoint(someCheckpoint(step)); err != nil {
			t.Fatal(err)
		}
	}
	paths, err := dir.checkpoints()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range paths {
		names = append(names, filepath.Base(path))
	}
	if want := "epoch-003-step-000011.ckpt epoch-003-step-000010.ckpt"; strings.Join(names, " ") != want {
		t.Errorf("checkpoints %v, want %s", names, want)
	}
}

func TestNewestCheckpointPassesOverDamage(t *testing.T) {
	dir := runDir(t.TempDir())
	if _, _, err := dir.newestCheckpoint(); err == nil {
		t.Error("no checkpoint: want an error")
	}
	if err := os.Mkdir(dir.path(checkpointDir), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, step := range []int{4, 8} {
		if err := dir.saveCheckpoint(someCheckpoint(step)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Truncate(dir.checkpointPath(8, 4), 100); err != nil {
		t.Fatal(err)
	}
	c, notice, err := dir.newestCheckpoint()
	if err != nil || c.Step != 4 || !strings.Contains(notice, "epoch-002.ckpt") {
		t.Errorf("step %v, notice %q, error %v; want step 4 and a notice about epoch-002.ckpt", c, notice, err)
	}
}
