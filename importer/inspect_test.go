package importer

import (
	"fmt"
	"slices"
	"testing"

	"finetune/internal/onnxfile"
)

// TestInspect looks at a model in every form of BatchNorm.
func TestInspect(t *testing.T) {
	norm := func(more ...*onnxfile.Attribute) []byte {
		return behind([]*onnxfile.Tensor{floats("gamma", 4)}, makeNode("BatchNormalization", "conv gamma gamma gamma gamma", "y", more...))
	}
	for _, test := range []struct {
		name       string
		data       []byte
		form       BatchNormForm
		parameters int
		statistics int
	}{
		{"without", heads["Gemm"].bytes(), BatchNormNone, 108 + 20 + 5, 0},
		{"unfolded", norm(), BatchNormUnfolded, 108 + 2*4 + 20 + 5, 2 * 4},
		{"for training", norm(onnxfile.Int("training_mode", 1)), BatchNormTrain, 108 + 2*4 + 20 + 5, 2 * 4},
		{"folded", alter(func(s *spec) {
			s.nodes[0] = makeNode("Conv", "images w bias", "conv")
			s.tensors = append(s.tensors, floats("bias", 4))
		}), BatchNormFolded, 108 + 4 + 20 + 5, 0},
	} {
		r := Inspect(test.data, "")
		if len(r.Obstacles) > 0 || r.Model == nil {
			t.Errorf("%s: obstacles %v", test.name, r.Obstacles)
		}
		if r.BatchNorm != test.form || r.Parameters != test.parameters || r.Statistics != test.statistics {
			t.Errorf("%s: %s, %d parameters, %d statistics; want %s, %d, %d", test.name, r.BatchNorm, r.Parameters, r.Statistics, test.form, test.parameters, test.statistics)
		}
		if r.Classes != 5 || r.Features != 4 || r.Opset != 13 || fmt.Sprint(r.Input) != "{images float [batch 3 8 8] [0]}" {
			t.Errorf("%s: %d classes of %d features, opset %d, input %v", test.name, r.Classes, r.Features, r.Opset, r.Input)
		}
	}
}

// TestObstacles finds every node that cannot be built, and none that only lacks
// what one of these would have given.
func TestObstacles(t *testing.T) {
	r := Inspect(withNode(0,
		makeNode("Conv", "images w", "a", onnxfile.Int("group", 0)), makeNode("Relu", "a", "b"),
		makeNode("MaxPool", "images", "c"), makeNode("Add", "b c", "conv")), "")
	var nodes []string
	for _, o := range r.Obstacles {
		nodes = append(nodes, o.Node)
		if o.Problem == "" || o.Remedy == "" {
			t.Errorf("obstacle %+v says too little", o)
		}
	}
	if want := []string{`"Conv_a"`, `"MaxPool_c"`}; !slices.Equal(nodes, want) {
		t.Errorf("obstacles at %v, want %v", nodes, want)
	}
}
