package importer

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"finetune/internal/onnxfile"
)

// fixedBatch is a transformer as exporters write it for b images alone: their
// number is in targets of Reshape, in front, behind tokens and before heads, in a
// Slice, an Expand, a class token and a position embedding.
func fixedBatch(b int) spec {
	n := int64(b)
	return spec{
		output: "logits", dims: []int64{5}, opset: 13,
		nodes: []*onnxfile.Node{
			makeNode("Conv", "images w", "conv"),
			makeNode("Reshape", "conv flat", "maps"),
			makeNode("Transpose", "maps", "patches", onnxfile.Ints("perm", 0, 2, 1)),
			makeNode("Add", "patches pos", "placed"),
			makeNode("Concat", "cls placed", "tokens", onnxfile.Int("axis", 1)),
			makeNode("Transpose", "tokens", "turned", onnxfile.Ints("perm", 1, 0, 2)),
			makeNode("Reshape", "turned rows", "rowed", onnxfile.Int("allowzero", 0)),
			makeNode("MatMul", "rowed w1", "projected"),
			makeNode("Reshape", "projected split", "parts"),
			makeNode("Transpose", "parts", "heads", onnxfile.Ints("perm", 1, 2, 0, 3)),
			makeNode("Concat", "merge.n merge.rest", "merge", onnxfile.Int("axis", 0)),
			makeNode("Reshape", "heads merge", "merged"),
			makeNode("Softmax", "merged", "attention"),
			makeNode("Reshape", "attention unmerge", "unmerged"),
			makeNode("Transpose", "unmerged", "back", onnxfile.Ints("perm", 0, 2, 1, 3)),
			makeNode("Reshape", "back join", "joined"),
			makeNode("Slice", "joined starts ends axes", "first"),
			makeNode("Expand", "first wide", "widened"),
			makeNode("ReduceMean", "widened", "mean", onnxfile.Ints("axes", 1), onnxfile.Int("keepdims", 0)),
			makeNode("Gemm", "mean fc.w fc.b", "logits"),
		},
		tensors: []*onnxfile.Tensor{
			floats("w", 4, 3, 3, 3), floats("w1", 4, 4), floats("fc.w", 4, 5), floats("fc.b", 5),
			repeatedRows("pos", b, 36, 4), repeatedRows("cls", b, 1, 4),
			ints("flat", n, 4, 36), ints("rows", 37*n, 4), ints("split", 37, n, 2, 2), ints("merge.n", 2*n), ints("merge.rest", 37, 2),
			ints("unmerge", n, 2, 37, 2), ints("join", n, 37, 4),
			ints("starts", 0, 0), ints("ends", n, 1), ints("axes", 0, 1), ints("wide", n, 3, 4),
		},
	}
}

// repeatedRows makes b rows of the same numbers.
func repeatedRows(name string, b int, dims ...int) *onnxfile.Tensor {
	row, err := floats(name, dims...).Floats()
	if err != nil {
		panic(err)
	}
	t := &onnxfile.Tensor{Name: name}
	t.SetFloats(append([]int{b}, dims...), slices.Repeat(row, b))
	return t
}

// TestFreeBatch frees files for one, two and three images, and compares what they
// and the files written of them give, row by row, with the untouched graphs on as
// many images as these are for.
func TestFreeBatch(t *testing.T) {
	const image = 3 * 8 * 8
	images := ramp(6 * image)
	for i := range images {
		images[i] = float32(math.Sin(float64(i) * 0.7)) // No two images are alike.
	}
	for _, b := range []int{1, 2, 3} {
		s := fixedBatch(b)
		s.batch = anyBatch // Whose constants stay as they are.
		untouched, err := Load(s.bytes())
		if err != nil {
			t.Fatal(err)
		}
		var want []float32
		for at := 0; at < 6; at += b {
			want = append(want, logits(t, untouched, BuildOptions{Batch: b}, images[at*image:][:b*image])...)
		}
		s = fixedBatch(b)
		s.batch = onnxfile.Dim{Size: int64(b)}
		freed, err := Load(s.bytes())
		if err != nil {
			t.Fatalf("a file for %d images: %v", b, err)
		}
		written, err := Load(write(t, freed))
		if err != nil {
			t.Fatalf("a file for %d images, written: %v", b, err)
		}
		for _, m := range []*Model{freed, written} {
			for _, batch := range []int{1, 2, 5} {
				got := logits(t, m, BuildOptions{Batch: batch}, images[:batch*image])
				if len(got) != 5*batch {
					t.Fatalf("a file for %d images gives %d logits of %d images", b, len(got), batch)
				}
				for i, x := range got {
					if !(math.Abs(float64(x-want[i])) <= 1e-5) {
						t.Fatalf("a file for %d images, %d of them: logit %d is %v, want %v", b, batch, i, x, want[i])
					}
				}
			}
			for _, name := range []string{"pos", "cls"} {
				at := slices.IndexFunc(m.Params, func(p Tensor) bool { return strings.HasPrefix(p.Name, name) })
				if at < 0 || m.Params[at].Shape[0] != 1 {
					t.Errorf("a file for %d images: of the parameters %q none is one row of %s", b, tensorNames(m.Params), name)
				}
			}
		}
	}
}

// TestFixedBatch refuses files that need the number of images for something that
// no other number of them has.
func TestFixedBatch(t *testing.T) {
	for what, instead := range map[string][]*onnxfile.Node{
		"images in another order": {makeNode("Add", "patches pos", "x"), makeNode("Gather", "x swap", "placed")},
		"a mean over images":      {makeNode("ReduceMean", "patches", "mean0", onnxfile.Ints("axes", 0)), makeNode("Sub", "patches mean0", "placed")},
		"rows that differ":        {makeNode("Add", "patches differ", "placed")},
		"images cut in pieces": {
			makeNode("Transpose", "patches", "x", onnxfile.Ints("perm", 1, 0, 2)), makeNode("Reshape", "x pieces", "y"), makeNode("Reshape", "y whole", "placed"),
		},
	} {
		s := fixedBatch(2)
		s.batch = onnxfile.Dim{Size: 2}
		s.nodes = slices.Concat(s.nodes[:3:3], instead, s.nodes[4:])
		s.tensors = append(s.tensors, ints("swap", 1, 0), ints("pieces", 96, 3), ints("whole", 2, 36, 4), floats("differ", 2, 36, 4))
		_, err := Load(s.bytes())
		if !errors.Is(err, ErrFixedBatch) || !strings.Contains(Remedy(err), "dynamic_axes") {
			t.Errorf("%s: error %v, want ErrFixedBatch", what, err)
		}
	}
}
