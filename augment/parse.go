package augment

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxSize is the largest side of a picture that a spec may ask for, pixels.
const maxSize = 4096

// A builder makes a transform of its arguments; it notes what is wrong with
// them in arguments.err.
type builder struct {
	usage string
	build func(a *arguments) Transform
}

var builders = map[string]builder{}

// register makes a transform known to Parse. It panics if the name is taken.
func register(name, usage string, build func(a *arguments) Transform) {
	if _, taken := builders[name]; taken {
		panic("augment: transform " + name + " is registered twice")
	}
	builders[name] = builder{usage, build}
}

// Transforms returns the transforms that [Parse] knows with their arguments, in
// alphabetical order.
func Transforms() []string {
	var usages []string
	for _, b := range builders {
		usages = append(usages, b.usage)
	}
	slices.Sort(usages)
	return usages
}

// A SpecError is returned for a spec that cannot be read.
type SpecError struct {
	Spec   string
	Column int    // Where it is, in bytes from 1.
	Found  string // What is there.
	Want   string // What should be.
}

// Error names the place, what is there, and what is wanted.
func (e *SpecError) Error() string {
	return fmt.Sprintf("augment: spec %q: column %d: %s: want %s", e.Spec, e.Column, e.Found, e.Want)
}

// Parse reads a spec: transforms separated by "|", applied from left to right,
// each a name with numbers in parentheses, such as
//
//	random_resized_crop(224,0.35,1)|flip|color_jitter(0.2)
//
// Where a transform takes a size and the spec leaves it out, it is size, the
// input size of the model: random_resized_crop(0.35,1) with two numbers,
// random_resized_crop and resize with none. Every resampling uses interp. "none"
// alone is the empty pipeline; see [Training] for one that sets the size.
// Spaces around names and numbers do not count. The error is a *[SpecError].
//
// The result's String, parsed with the same size and interp, gives it again.
func Parse(spec string, size int, interp Interpolation) (Pipeline, error) {
	if size < 1 || size > maxSize {
		return nil, fmt.Errorf("augment: input size is %d, want 1 to %d", size, maxSize)
	}
	if strings.TrimSpace(spec) == "none" {
		return Pipeline{}, nil
	}
	var p Pipeline
	column := 1
	for _, item := range strings.Split(spec, "|") {
		t, err := parseTransform(&arguments{spec: spec, size: size, interp: interp}, item, column)
		if err != nil {
			return nil, err
		}
		p = append(p, t)
		column += len(item) + 1
	}
	return p, nil
}

// parseTransform reads one transform, which starts at column of the spec.
func parseTransform(a *arguments, item string, column int) (Transform, error) {
	name, list, hasList := strings.Cut(item, "(")
	nameColumn := column + indent(name)
	b, known := builders[strings.TrimSpace(name)]
	if !known {
		return nil, &SpecError{a.spec, nameColumn, fmt.Sprintf("transform %q", strings.TrimSpace(name)),
			"one of " + strings.Join(Transforms(), ", ") + ", or none alone"}
	}
	a.usage, a.column = b.usage, nameColumn
	if hasList {
		if err := a.parse(list, column+len(name)+1); err != nil {
			return nil, err
		}
	}
	t := b.build(a)
	if a.err != nil {
		return nil, a.err
	}
	return t, nil
}

// indent returns how many bytes of white space s starts with.
func indent(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

// format returns a transform as Parse reads it.
func format(name string, values ...float64) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = strconv.FormatFloat(v, 'g', -1, 64)
	}
	return name + "(" + strings.Join(texts, ",") + ")"
}
