package report

import (
	"cmp"
	"slices"
)

// confusion counts predictions by (label, predicted).
type confusion struct {
	names  []string
	counts [][]int // [label][predicted]
	totals []int   // [label]
}

func countConfusion(d Data) confusion {
	c := confusion{names: d.Classes, totals: make([]int, len(d.Classes))}
	c.counts = make([][]int, len(d.Classes))
	for i := range c.counts {
		c.counts[i] = make([]int, len(d.Classes))
	}
	for _, p := range d.Predictions {
		if inRange(p.Label, len(d.Classes)) && inRange(p.Predicted, len(d.Classes)) {
			c.counts[p.Label][p.Predicted]++
			c.totals[p.Label]++
		}
	}
	return c
}

func inRange(i, n int) bool { return i >= 0 && i < n }

// A pair is two classes taken for each other.
type pair struct{ a, b, aAsB, bAsA int }

func (p pair) mistakes() int { return p.aAsB + p.bAsA }

// pairs returns the pairs with mistakes, most first; a is the class of the
// pair that is mistaken more often.
func (c confusion) pairs() []pair {
	var pairs []pair
	for a := range c.counts {
		for b := range a {
			p := pair{a, b, c.counts[a][b], c.counts[b][a]}
			if p.mistakes() == 0 {
				continue
			}
			if p.bAsA > p.aAsB {
				p = pair{p.b, p.a, p.bAsA, p.aAsB}
			}
			pairs = append(pairs, p)
		}
	}
	slices.SortFunc(pairs, func(p, q pair) int {
		return cmp.Or(q.mistakes()-p.mistakes(), q.aAsB-p.aAsB, p.a-q.a, p.b-q.b)
	})
	return pairs
}

// order returns the classes so that those taken for each other stand side by
// side: pairs are joined into chains, most mistakes first, wherever both
// classes are still at an end of their chains. Chains with the most mistakes
// come first, classes without any last.
func (c confusion) order() []int {
	chainOf := make([]*[]int, len(c.counts))
	for i := range chainOf {
		chainOf[i] = &[]int{i}
	}
	pairs := c.pairs()
	weight := make([]int, len(c.counts))
	for _, p := range pairs {
		weight[p.a] += p.mistakes()
		weight[p.b] += p.mistakes()
		join(chainOf, p.a, p.b)
	}
	var chains [][]int
	for i, chain := range chainOf {
		if slices.Min(*chain) == i {
			chains = append(chains, *chain)
		}
	}
	mistakes := func(chain []int) (n int) {
		for _, class := range chain {
			n += weight[class]
		}
		return n
	}
	slices.SortStableFunc(chains, func(p, q []int) int { return mistakes(q) - mistakes(p) })
	return slices.Concat(chains...)
}

func join(chainOf []*[]int, a, b int) {
	left, right := chainOf[a], chainOf[b]
	if left == right || !atEnd(*left, a) || !atEnd(*right, b) {
		return
	}
	if (*left)[0] == a {
		slices.Reverse(*left)
	}
	if (*right)[0] != b {
		slices.Reverse(*right)
	}
	*left = append(*left, *right...)
	for _, class := range *right {
		chainOf[class] = left
	}
}

func atEnd(chain []int, class int) bool { return chain[0] == class || chain[len(chain)-1] == class }
