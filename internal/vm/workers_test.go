package vm

import (
	"slices"
	"testing"

	"finetune/internal/kernel/gokernel"

	G "gorgonia.org/gorgonia"
)

// largeNets are those of nets whose steps are cut into parts for several
// workers.
var largeNets = []string{"large enough for several workers"}

// TestWorkers: any number of workers gives the same bytes, and a run allocates
// nothing.
func TestWorkers(t *testing.T) {
	for _, name := range largeNets {
		t.Run(name, func(t *testing.T) {
			var want []float32
			for _, threads := range []int{1, 2, 3} {
				got := gradients(t, name, threads)
				if want == nil {
					want = got
				}
				if !slices.Equal(got, want) {
					t.Errorf("%d threads give other gradients than 1", threads)
				}
			}
		})
	}
}

// gradients runs the net and returns the gradients of its parameters.
func gradients(t *testing.T, name string, threads int) (all []float32) {
	backend := gokernel.New(threads)
	defer backend.Close()
	b := newNet(t)
	_, loss := nets[name](b)
	grads, err := G.Grad(loss, b.params...)
	if err != nil {
		t.Fatal(err)
	}
	m, store := b.compile(backend, G.Nodes{loss}, grads)
	m.RunAll()
	if n := testing.AllocsPerRun(2, func() { m.RunAll() }); n != 0 {
		t.Errorf("a run on %d threads allocates %v times, want 0", threads, n)
	}
	for i := range grads {
		all = append(all, store.Grad(i)...)
	}
	return all
}
