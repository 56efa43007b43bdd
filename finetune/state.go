package finetune

import (
	"fmt"
	"slices"
	"strings"

	"finetune/importer"
	"finetune/internal/vm"
	"finetune/sam"
)

// Prefixes of the tensors of a checkpoint.
const (
	paramPrefix     = "param/"
	statisticPrefix = "statistic/"
	optimizerPrefix = "optimizer/"
)

// state returns the tensors of a checkpoint: the model's in logical order, the
// optimizer's by name.
func (e *engine) state(optimizer sam.Stateful) ([]tensor, int64) {
	tensors := slices.Concat(storeState(paramPrefix, e.model.Params, e.values), storeState(statisticPrefix, e.model.Statistics, e.running))
	state := optimizer.State()
	first := len(tensors)
	for name, value := range state.Tensors {
		tensors = append(tensors, tensor{optimizerPrefix + name, value})
	}
	slices.SortFunc(tensors[first:], func(a, b tensor) int { return strings.Compare(a.name, b.name) })
	return tensors, state.Step
}

func storeState(prefix string, tensors []importer.Tensor, store *vm.Store) []tensor {
	var state []tensor
	for i, t := range tensors {
		value := make([]float32, len(store.Value(i)))
		store.Get(i, value)
		state = append(state, tensor{prefix + t.Name, value})
	}
	return state
}

// restore takes the model's tensors from a checkpoint, and the optimizer's if
// optimizer is not nil.
func (e *engine) restore(c *checkpoint, optimizer sam.Stateful) error {
	byName := make(map[string][]float32, len(c.Tensors))
	for _, t := range c.Tensors {
		byName[t.name] = t.value
	}
	if err := restoreStore(paramPrefix, e.model.Params, e.values, byName); err != nil {
		return err
	}
	if err := restoreStore(statisticPrefix, e.model.Statistics, e.running, byName); err != nil {
		return err
	}
	if optimizer == nil {
		return nil
	}
	state := sam.State{Step: c.OptimizerStep, Tensors: map[string][]float32{}}
	for name, value := range byName {
		if name, ok := strings.CutPrefix(name, optimizerPrefix); ok {
			state.Tensors[name] = value
		}
	}
	return optimizer.Restore(e.params, state)
}

func restoreStore(prefix string, tensors []importer.Tensor, store *vm.Store, byName map[string][]float32) error {
	for i, t := range tensors {
		value, ok := byName[prefix+t.Name]
		if !ok || len(value) != len(store.Value(i)) {
			return fmt.Errorf("tensor %q: %d values, want %d of shape %v", prefix+t.Name, len(value), len(store.Value(i)), t.Shape)
		}
		store.Set(i, value)
	}
	return nil
}
