package finetune

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"finetune/importer"
)

// trainedParams returns the indices into Params of the tensors that spec names:
// all, head, or last:N, the head and the N last tensors of the backbone.
func trainedParams(m *importer.Model, spec string) ([]int, error) {
	head := m.HeadParams()
	var backbone []int
	for i := range m.Params {
		if !slices.Contains(head, i) {
			backbone = append(backbone, i)
		}
	}
	last, err := lastTensors(spec, len(backbone))
	if err != nil {
		return nil, err
	}
	chosen := append(backbone[len(backbone)-last:], head...)
	slices.Sort(chosen)
	return chosen, nil
}

// lastTensors returns how many of a backbone's tensors spec names.
func lastTensors(spec string, tensors int) (int, error) {
	switch number, ok := strings.CutPrefix(spec, "last:"); {
	case spec == "all":
		return tensors, nil
	case spec == "head":
		return 0, nil
	case ok:
		if n, err := strconv.Atoi(number); err == nil && n >= 0 {
			return min(n, tensors), nil
		}
	}
	return 0, fmt.Errorf("finetune: train %q: want all, head or last:N", spec)
}
