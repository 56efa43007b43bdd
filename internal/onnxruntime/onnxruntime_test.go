package onnxruntime

import (
	"os"
	"strings"
	"testing"
)

// TestRun runs the embedded backbone on two images of different brightness. It
// needs the library.
func TestRun(t *testing.T) {
	library, err := Find()
	if err != nil {
		t.Skip(err)
	}
	t.Logf("%s, version %s", library.Path, library.Version)
	model, err := os.ReadFile("../../weights/efficientnet_lite0.onnx")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(model)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	x := Input{Name: "input", Shape: []int64{2, 3, 224, 224}, Floats: make([]float32, 2*3*224*224)}
	for i := range x.Floats[3*224*224:] {
		x.Floats[3*224*224+i] = 1
	}
	logits, err := s.Run(x, "logits")
	if err != nil {
		t.Fatal(err)
	}
	if len(logits) != 2000 {
		t.Fatalf("%d logits, want 2000", len(logits))
	}
	same := true
	for i := range 1000 {
		same = same && logits[i] == logits[1000+i]
	}
	if same {
		t.Error("a gray and a white image have the same logits")
	}
	if _, err := s.Run(x, "absent"); err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("output absent: error %v, want one that names it", err)
	}
	x.Shape[0] = 3
	if _, err := s.Run(x, "logits"); err == nil {
		t.Error("a shape of more elements: no error")
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Find(); err != nil {
		t.Skip(err)
	}
	for _, model := range [][]byte{nil, []byte("no model")} {
		if s, err := Open(model); err == nil {
			s.Close()
			t.Errorf("Open(%q): no error", model)
		}
	}
}
