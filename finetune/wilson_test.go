package finetune

import (
	"math"
	"testing"
)

// The ends of the interval are the shares p for which the observed share is
// z standard errors away: (share − p)² = z²·p(1−p)/n.
func TestWilsonSolvesItsEquation(t *testing.T) {
	for _, n := range []int{1, 2, 9, 100, 6149} {
		for _, right := range []int{0, 1, n / 2, n} {
			share := float64(right) / float64(n)
			for _, p := range wilson(right, n) {
				left, want := (share-p)*(share-p), z95*z95*p*(1-p)/float64(n)
				if !(math.Abs(left-want) <= 1e-12) {
					t.Errorf("wilson(%d, %d) end %v: (share−p)² = %v, want %v", right, n, p, left, want)
				}
			}
		}
	}
}

func TestWilsonOfNothing(t *testing.T) {
	if got := wilson(0, 0); got != [2]float64{0, 1} {
		t.Errorf("wilson(0, 0) = %v, want [0 1]", got)
	}
}
