package importer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"finetune/internal/onnxfile"
)

func TestHand(t *testing.T) {
	files, _ := filepath.Glob(os.Getenv("HAND"))
	for _, f := range files {
		data, _ := os.ReadFile(f)
		t0 := time.Now()
		m, err := Load(data)
		if err != nil {
			fmt.Println(f, err)
			continue
		}
		load := time.Since(t0)
		rd := func(n string) ([]float32, []int) {
			b, _ := os.ReadFile(f + n)
			p, err := onnxfile.ParseTensor(b)
			if err != nil {
				t.Fatal(err)
			}
			v, _ := p.Floats()
			return v, p.Dims
		}
		x, xs := rd(".x.pb")
		y, _ := rd(".y.pb")
		g, err := m.Build(BuildOptions{Batch: xs[0], Height: xs[2], Width: xs[3], Loss: true})
		if err != nil {
			fmt.Println(f, err)
			continue
		}
		got := logits(t, m, BuildOptions{Batch: xs[0], Height: xs[2], Width: xs[3]}, x)
		var d, mx float64
		for i := range y {
			d = math.Max(d, math.Abs(float64(y[i]-got[i])))
			mx = math.Max(mx, math.Abs(float64(y[i])))
		}
		fmt.Println(filepath.Base(f), "load", load, "params", len(m.Params), len(m.Statistics), "classes", m.Classes(), "features", m.Features(), g.Features.Shape(), "maxdiff", d/mx, mx)
		if err := m.ReplaceHead(7, rand.New(rand.NewPCG(1, 2))); err != nil {
			fmt.Println(f, err)
			continue
		}
		w, _ := os.Create(f + ".out")
		if err := m.WriteONNX(w, map[string]string{"b": "1", "a": "2"}); err != nil {
			fmt.Println(f, err)
		}
		w.Close()
	}
}
