package sam

import (
	"fmt"
	"slices"
)

// buffers holds one float32 tensor for each Param of a Base.
type buffers struct {
	names   []string
	tensors [][]float32
}

// match makes b fit params: zeros at the first call, a check after it.
func (b *buffers) match(params []Param) {
	if b.tensors == nil {
		b.allocate(params)
		return
	}
	if len(params) != len(b.tensors) {
		panic(fmt.Sprintf("sam: %d parameters, %d in the steps before", len(params), len(b.tensors)))
	}
	for i := range params {
		p, n := &params[i], len(b.tensors[i])
		if p.Name != b.names[i] || len(p.Value) != n {
			panic(fmt.Sprintf("sam: parameter %d is %s of %d values, %s of %d in the steps before", i, p.Name, len(p.Value), b.names[i], n))
		}
	}
}

func (b *buffers) allocate(params []Param) {
	b.names = make([]string, len(params))
	b.tensors = make([][]float32, len(params))
	seen := make(map[string]bool, len(params))
	for i := range params {
		p := &params[i]
		if seen[p.Name] {
			panic(fmt.Sprintf("sam: two parameters are named %q", p.Name))
		}
		seen[p.Name] = true
		b.names[i], b.tensors[i] = p.Name, make([]float32, len(p.Value))
	}
}

// save puts copies of the tensors into state as kind/name.
func (b *buffers) save(kind string, state *State) {
	for i, tensor := range b.tensors {
		if state.Tensors == nil {
			state.Tensors = make(map[string][]float32)
		}
		state.Tensors[kind+"/"+b.names[i]] = slices.Clone(tensor)
	}
}

// load returns the buffers that save put into state. Those of a state from
// before the first update are empty.
func load(kind string, params []Param, state State) (buffers, error) {
	var b buffers
	if state.Step == 0 {
		return b, nil
	}
	b.allocate(params)
	for i, name := range b.names {
		tensor, ok := state.Tensors[kind+"/"+name]
		if !ok {
			return buffers{}, fmt.Errorf("sam: state has no tensor %s/%s", kind, name)
		}
		if len(tensor) != len(b.tensors[i]) {
			return buffers{}, fmt.Errorf("sam: state: %s/%s has %d values, want %d", kind, name, len(tensor), len(b.tensors[i]))
		}
		copy(b.tensors[i], tensor)
	}
	return b, nil
}

// checkCount returns an error unless state has want tensors: more of them are
// another optimizer's, or those of other Params.
func checkCount(state State, want int) error {
	if state.Step == 0 {
		want = 0
	}
	if len(state.Tensors) != want {
		return fmt.Errorf("sam: state has %d tensors, want %d (is it of another optimizer?)", len(state.Tensors), want)
	}
	return nil
}
