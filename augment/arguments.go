package augment

import (
	"fmt"
	"strconv"
	"strings"
)

// arguments are the numbers of one transform in a spec. Its methods note the
// first thing that is wrong in err.
type arguments struct {
	spec   string
	usage  string
	column int // Of the transform's name.

	values  []float64
	columns []int // Of each value.

	size   int // Input size of the model.
	interp Interpolation
	err    error
}

// parse reads the list of numbers after the opening parenthesis, which starts
// at column.
func (a *arguments) parse(list string, column int) error {
	inside, after, closed := strings.Cut(list, ")")
	if !closed {
		return &SpecError{a.spec, column + len(list), "no )", a.usage}
	}
	if rest := strings.TrimSpace(after); rest != "" {
		return &SpecError{a.spec, column + len(inside) + 1 + indent(after), fmt.Sprintf("%q", rest), "| or the end"}
	}
	if strings.TrimSpace(inside) == "" {
		return nil
	}
	for _, text := range strings.Split(inside, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			return &SpecError{a.spec, column + indent(text), fmt.Sprintf("%q", strings.TrimSpace(text)), "a number, as in " + a.usage}
		}
		a.values = append(a.values, v)
		a.columns = append(a.columns, column+indent(text))
		column += len(text) + 1
	}
	return nil
}

// count notes an error unless there are lo to hi arguments.
func (a *arguments) count(lo, hi int) {
	if n := len(a.values); a.err == nil && (n < lo || n > hi) {
		a.err = &SpecError{a.spec, a.column, fmt.Sprintf("%d arguments", n), a.usage}
	}
}

// number returns argument i, and notes an error unless it lies from lo to hi.
func (a *arguments) number(i int, lo, hi float64) float64 {
	if a.err != nil {
		return 0
	}
	v := a.values[i]
	if !(lo <= v && v <= hi) {
		a.err = &SpecError{a.spec, a.columns[i], strconv.FormatFloat(v, 'g', -1, 64), fmt.Sprintf("a number from %g to %g, as in %s", lo, hi, a.usage)}
	}
	return v
}

// integer is number for whole numbers.
func (a *arguments) integer(i int, lo, hi int) int {
	v := a.number(i, float64(lo), float64(hi))
	if a.err == nil && v != float64(int(v)) {
		a.err = &SpecError{a.spec, a.columns[i], strconv.FormatFloat(v, 'g', -1, 64), fmt.Sprintf("a whole number of pixels, as in %s", a.usage)}
	}
	return int(v)
}

// optional is number, or otherwise if there is no argument i.
func (a *arguments) optional(i int, otherwise, lo, hi float64) float64 {
	if i >= len(a.values) {
		return otherwise
	}
	return a.number(i, lo, hi)
}
