// Package vm runs an expression graph of internal/op's operators: it plans
// once and then runs many times without allocating.
//
// It reads the graph that gorgonia.Grad differentiated, fuses chains such as
// convolution, batch normalization and activation into one kernel, keeps
// activations as NHWC, places everything in one arena by liveness, and calls a
// kernel.Backend. Gorgonia's TapeMachine runs the same graph to the same values.
package vm

import (
	"fmt"

	"finetune/internal/kernel"
)

// A Store holds tensors of a model in one flat buffer, and their gradients in
// another of the same layout, so that an optimizer can go over all of them in
// one pass. Convolution weights (rank 4) lie in it as HWIO.
type Store struct {
	shapes        [][]int
	offsets       []int // len(shapes)+1
	values, grads []float32
}

// NewStore returns a zeroed store for tensors of the given logical shapes.
func NewStore(shapes [][]int) *Store {
	s := &Store{shapes: shapes, offsets: make([]int, len(shapes)+1)}
	for i, shape := range shapes {
		s.offsets[i+1] = s.offsets[i] + size(shape)
	}
	total := s.offsets[len(shapes)]
	s.values, s.grads = make([]float32, total), make([]float32, total)
	return s
}

// Len returns the number of tensors.
func (s *Store) Len() int { return len(s.shapes) }

// Value returns tensor i as it lies in the store.
func (s *Store) Value(i int) []float32 { return s.values[s.offsets[i]:s.offsets[i+1]:s.offsets[i+1]] }

// Grad returns the gradient of tensor i as it lies in the store.
func (s *Store) Grad(i int) []float32 { return s.grads[s.offsets[i]:s.offsets[i+1]:s.offsets[i+1]] }

// Set copies logical (row-major, OIHW) values into tensor i.
func (s *Store) Set(i int, logical []float32) { s.in(s.Value(i), logical, i) }

// Get copies tensor i into logical (row-major, OIHW).
func (s *Store) Get(i int, logical []float32) { s.out(logical, s.Value(i), i) }

// GetGrad copies the gradient of tensor i into logical (row-major, OIHW).
func (s *Store) GetGrad(i int, logical []float32) { s.out(logical, s.Grad(i), i) }

func (s *Store) in(physical, logical []float32, i int) {
	if len(logical) != len(physical) {
		panic(fmt.Sprintf("vm: tensor %d of shape %v: %d values", i, s.shapes[i], len(logical)))
	}
	if d := s.shapes[i]; len(d) == 4 {
		kernel.ToHWIO(physical, logical, d[0], d[1], d[2], d[3])
		return
	}
	copy(physical, logical)
}

func (s *Store) out(logical, physical []float32, i int) {
	if len(logical) != len(physical) {
		panic(fmt.Sprintf("vm: tensor %d of shape %v: %d values", i, s.shapes[i], len(logical)))
	}
	if d := s.shapes[i]; len(d) == 4 {
		kernel.ToOIHW(logical, physical, d[0], d[1], d[2], d[3])
		return
	}
	copy(logical, physical)
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
