package importer

import "testing"

// TestWhatIsKnownIsComputedOnce builds constants in two ways each, and asks
// whether they are one.
func TestWhatIsKnownIsComputedOnce(t *testing.T) {
	for _, c := range []struct {
		nodes string
		once  bool
	}{
		{"Expand 1 to a, Expand 1 to b", true},
		{"Expand 1 to a, Expand one to b", true},
		{"Expand 1 to a, Expand 2 to b", false},
		{"Expand 1 to a, Expand 1 longer b", false},
		{"Sqrt ½ a, Exp ½ b", false},
		{"Shape x a, Shape x b", true},
		{"Tanh x a, Tanh x b", false},
	} {
		b := geluBuilder(c.nodes)
		b.values["one"] = b.known.same(number(1))
		b.values["1"] = b.known.same(number(1))
		b.values["to"] = newConstant(integer, []int{1}, 4)
		b.values["longer"] = newConstant(integer, []int{1}, 5)
		for i := range b.model.nodes {
			if err := b.step(i); err != nil {
				t.Fatalf("%s: %v", c.nodes, err)
			}
		}
		one, other := b.values["a"].constant, b.values["b"].constant
		if once := one != nil && one == other; once != c.once {
			t.Errorf("%s: is computed once: %v, want %v", c.nodes, once, c.once)
		}
	}
}
