package weights

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Table returns the pretrained backbones. The first is embedded in the binary;
// the others are fetched when they are opened.
func Table() []Info { return slices.Clone(table) }

// A NameError is returned for a name that means no row of the table, or
// several.
type NameError struct {
	Name      string
	Near      []string // Names of rows that may be meant, the nearest first.
	Ambiguous bool     // Name is the architecture of every one of Near.
}

func (e *NameError) Error() string {
	near := strings.Join(e.Near, ", ")
	if e.Ambiguous {
		return fmt.Sprintf("weights: %q may be %s: want one of them", e.Name, near)
	}
	return fmt.Sprintf("weights: no backbone is named %q; near it are %s (finetune models lists all, and a path of an .onnx file works too)", e.Name, near)
}

// Lookup returns the row of the table that is named arch.origin, or arch if
// that is the architecture of one row only. Its error is a *[NameError].
func Lookup(name string) (Info, error) {
	var sameArch []string
	var found Info
	for _, info := range table {
		if info.Name == name {
			return info, nil
		}
		if arch, _, _ := strings.Cut(info.Name, "."); arch == name {
			sameArch = append(sameArch, info.Name)
			found = info
		}
	}
	switch len(sameArch) {
	case 0:
		return Info{}, &NameError{Name: name, Near: nearest(name, 3)}
	case 1:
		return found, nil
	}
	return Info{}, &NameError{Name: name, Near: sameArch, Ambiguous: true}
}

// nearest returns the n names of the table that take the fewest edits, of the
// whole name or the architecture, to become name.
func nearest(name string, n int) []string {
	name = strings.ToLower(name)
	distance := func(full string) int {
		arch, _, _ := strings.Cut(full, ".")
		return min(edits(name, full), edits(name, arch))
	}
	names := make([]string, len(table))
	for i, info := range table {
		names[i] = info.Name
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
	return names[:min(n, len(names))]
}

// edits returns the Levenshtein distance of a and b in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(substituted, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
