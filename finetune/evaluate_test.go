package finetune

import (
	"errors"
	"fmt"
	"testing"

	"finetune/importer"
	"finetune/weights"
)

// namedBackbone returns the embedded backbone with a head for classes that its
// file would name.
func namedBackbone(t *testing.T, metadata string, classes int) *backbone {
	t.Helper()
	data, info, err := weights.Open(t.Context(), DefaultBackbone, weights.Options{})
	if err != nil {
		t.Fatal(err)
	}
	model, err := importer.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	b := &backbone{name: info.Name, model: model}
	if err := b.replaceHead(classes, 0); err != nil {
		t.Fatal(err)
	}
	if metadata != "" {
		model.Metadata[metaClasses] = metadata
	}
	return b
}

func TestClassOrder(t *testing.T) {
	for _, test := range []struct {
		metadata string
		want     string // Or "error".
	}{
		{"", "[]"},
		{`["ant","bee","cat"]`, "[]"},
		{`["cat","ant","bee"]`, "[1 2 0]"},
		{`["ant","bee","dog"]`, "error"},
		{`["ant","bee"]`, "error"},
		{`ant`, "error"},
	} {
		order, err := classOrder(namedBackbone(t, test.metadata, 3), []string{"ant", "bee", "cat"})
		var model *ModelError
		switch {
		case test.want == "error" && !errors.As(err, &model):
			t.Errorf("%s: error %v, want a *ModelError", test.metadata, err)
		case test.want != "error" && (err != nil || fmt.Sprint(order) != test.want):
			t.Errorf("%s: order %v, %v; want %s", test.metadata, order, err, test.want)
		}
	}
	if _, err := classOrder(namedBackbone(t, "", 4), []string{"ant", "bee", "cat"}); err == nil {
		t.Error("4 classes for 3: no error")
	}
}

func TestReordered(t *testing.T) {
	got := reordered([]float32{1, 2, 3, 4, 5, 6}, []int{1, 2, 0})
	if want := "[2 3 1 5 6 4]"; fmt.Sprint(got) != want {
		t.Errorf("reordered = %v, want %s", got, want)
	}
}

func TestTrainedParams(t *testing.T) {
	b := namedBackbone(t, "", 3)
	all, head := len(b.model.Params), b.model.HeadParams()
	for spec, want := range map[string]int{"all": all, "head": len(head), "last:5": 5 + len(head)} {
		chosen, err := trainedParams(b.model, spec)
		if err != nil || len(chosen) != want || chosen[len(chosen)-1] != all-1 {
			t.Errorf("%s: %d tensors up to %v, %v; want %d up to the last one", spec, len(chosen), chosen, err, want)
		}
	}
}
