package finetune

import (
	"strings"
	"testing"
)

// plannedGradients returns the kernels of the training plan after the forward
// pass, in order.
func plannedGradients(t *testing.T, train string) []string {
	t.Helper()
	c := Defaults("folder")
	c.Train, c.InputSize, c.Batch = train, 32, 2
	e, err := newTrainingEngine(c, namedBackbone(t, "", 3))
	if err != nil {
		t.Fatal(err)
	}
	defer e.backend.Close()
	_, backward, found := strings.Cut(e.training.String(), "gradients\n")
	if !found {
		t.Fatalf("no line of gradients in\n%s", e.training)
	}
	backward, _, _ = strings.Cut(backward, "\narena of")
	var kernels []string
	for line := range strings.Lines(backward) {
		if columns := strings.Fields(line); len(columns) > 1 {
			kernels = append(kernels, strings.Join(columns[1:], " "))
		}
	}
	return kernels
}

func count(kernels []string, name string) int {
	n := 0
	for _, k := range kernels {
		if strings.Contains(k, name) {
			n++
		}
	}
	return n
}

// What is not trained has no gradient in the plan, and nothing runs backward
// below the first trained tensor.
func TestPlanOfPartsThatAreTrained(t *testing.T) {
	head := plannedGradients(t, "head")
	if len(head) != 2 || count(head, "DenseGradWeights") != 1 || count(head, "DenseGradBias") != 1 {
		t.Errorf("of the head %q are planned, want the gradients of its weight and bias", head)
	}
	// The last six tensors of EfficientNet-Lite0 are the weights, gamma and beta
	// of its last two convolutions.
	last := plannedGradients(t, "last:6")
	if got := count(last, "ConvGradWeights"); got != 2 {
		t.Errorf("%d gradients of convolution weights in %q, want 2", got, last)
	}
	if got := count(last, "ConvGradInput"); got != 1 {
		t.Errorf("%d gradients of the input of a convolution in %q, want that of the last one", got, last)
	}
	if all := plannedGradients(t, "all"); len(all) < 10*len(last) {
		t.Errorf("%d steps backward for all parameters, %d for the last six", len(all), len(last))
	}
}
