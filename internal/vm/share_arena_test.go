package vm

import (
	"slices"
	"testing"

	"finetune/internal/kernel/gokernel"

	G "gorgonia.org/gorgonia"
)

// Machines in one arena compute, in turns, the bits that each computes alone.
func TestSharedArena(t *testing.T) {
	backend := gokernel.New(2)
	defer backend.Close()
	for name, build := range nets {
		t.Run(name, func(t *testing.T) {
			b := newNet(t)
			logits, loss := build(b)
			grads, err := G.Grad(loss, b.params...)
			if err != nil {
				t.Fatal(err)
			}
			training, store := b.compile(backend, G.Nodes{logits, loss}, grads)
			evaluation, _ := b.compile(backend, G.Nodes{logits}, nil)
			training.MoveStatistics(false)
			evaluation.MoveStatistics(false)
			train := func() []float32 {
				if err := training.RunAll(); err != nil {
					t.Fatal(err)
				}
				all := append(slices.Clone(training.Output(loss)), training.Output(logits)...)
				for i := range grads {
					all = append(all, store.Grad(i)...)
				}
				return all
			}
			evaluate := func() []float32 {
				if err := evaluation.Forward(); err != nil {
					t.Fatal(err)
				}
				return slices.Clone(evaluation.Output(logits))
			}
			trained, evaluated, bytes := train(), evaluate(), evaluation.Bytes()
			ShareArena(evaluation, training)
			if &evaluation.arena[0] != &training.arena[0] || evaluation.Bytes() != bytes {
				t.Errorf("arenas at %p and %p, of evaluation %d bytes, want one and %d", evaluation.arena, training.arena, evaluation.Bytes(), bytes)
			}
			for range 2 {
				if got := train(); !slices.Equal(got, trained) {
					t.Errorf("training gives %v, want %v", got, trained)
				}
				if got := evaluate(); !slices.Equal(got, evaluated) {
					t.Errorf("evaluation gives %v, want %v", got, evaluated)
				}
			}
		})
	}
}
