package vm

import (
	"fmt"
	"strings"
	"time"

	"finetune/internal/kernel"
	"finetune/internal/op"
)

// A Step describes one planned kernel call.
type Step struct {
	Kernel   string // As Machine.String has it, such as "Conv+BatchNorm+Clip".
	Layer    string // Weight of the operator that it belongs to, as the graph names it; "" if that has none.
	Shape    string // Of a product batch×in→out, height×width, kernel by stride; else of what is computed, logical.
	Kind     string // The same for steps alike, such as "depthwise" or "1x1 conv, gradient of weights".
	Gradient bool   // Forward does not run it.
	FLOPs    float64
	Bytes    float64 // Of what is read and of what is written, each operand once.
}

// multiplies says of the last step that it is a convolution of geometry g, or
// a gradient of one.
func (p *planner) multiplies(g kernel.Conv) { p.steps[len(p.steps)-1].products = &g }

// matrix returns the product of [rows, features] and [features, outputs] as a
// convolution.
func matrix(rows, features, outputs int) kernel.Conv {
	return kernel.Conv{
		N: rows, H: 1, W: 1, C: features, OutH: 1, OutW: 1, OutC: outputs,
		KernelH: 1, KernelW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1,
	}
}

// Steps describes the steps of the plan, in the order of a run.
func (m *Machine) Steps() []Step {
	steps := make([]Step, len(m.steps))
	for i := range m.steps {
		s := &m.steps[i]
		steps[i] = Step{
			Kernel: s.name, Layer: s.layer(), Shape: s.shape(), Kind: s.kind(),
			Gradient: i >= m.forward, FLOPs: s.flops(), Bytes: s.bytes(),
		}
	}
	return steps
}

// FLOPs returns the floating-point operations of the convolutions and matrix
// products in Forward, and in the rest of RunAll: two for a multiplication and
// the addition of its result. Gradients that the plan does not compute do not
// count, and neither does what is not a product.
func (m *Machine) FLOPs() (forward, gradients float64) {
	for i := range m.steps {
		if i < m.forward {
			forward += m.steps[i].flops()
		} else {
			gradients += m.steps[i].flops()
		}
	}
	return forward, gradients
}

// RunTimed is RunAll, and writes to durations, one for each of Steps, how long
// each took.
func (m *Machine) RunTimed(durations []time.Duration) error {
	if len(durations) != len(m.steps) {
		panic(fmt.Sprintf("vm: %d durations, want one for each of %d steps", len(durations), len(m.steps)))
	}
	last := time.Now()
	for i := range m.steps {
		m.steps[i].run()
		now := time.Now()
		durations[i], last = now.Sub(last), now
	}
	return nil
}

// flops counts a border's products too, as is usual.
func (s *step) flops() float64 {
	g := s.products
	if g == nil {
		return 0
	}
	flops := 2 * float64(g.N) * float64(g.OutH*g.OutW) * float64(g.OutC*g.KernelH*g.KernelW) * float64(g.C/g.Groups)
	if s.both {
		return 2 * flops
	}
	return flops
}

func (s *step) bytes() float64 {
	total := 0
	seen := map[*value]bool{}
	for _, list := range [][]*value{s.reads, s.writes} {
		clear(seen)
		for _, v := range list {
			if r := v.root(); !seen[r] {
				seen[r] = true
				total += 4 * r.size()
			}
		}
	}
	return float64(total)
}

// layer returns the name of the weight of the unit's operator, if it is an
// input of the graph.
func (s *step) layer() string {
	if s.unit == nil {
		return ""
	}
	switch defOf(s.unit.head).(type) {
	case *op.Conv, *op.Dense, *op.BatchNorm:
		if weight := children(s.unit.head)[1]; weight.Op() == nil && !op.IsConstant(weight) {
			return weight.Name()
		}
	}
	return ""
}

func (s *step) shape() string {
	g := s.products
	if g == nil {
		return strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(s.writes[0].shape)), " ", "×"), "[]")
	}
	if g.H*g.W == 1 {
		return fmt.Sprintf("%d×%d→%d", g.N, g.C, g.OutC)
	}
	text := fmt.Sprintf("%d×%d→%d, %d×%d", g.N, g.C, g.OutC, g.H, g.W)
	if g.KernelH*g.KernelW > 1 || g.StrideH*g.StrideW > 1 {
		text += fmt.Sprintf(", %d×%d", g.KernelH, g.KernelW)
	}
	if g.StrideH*g.StrideW > 1 {
		text += fmt.Sprintf(" by %d", g.StrideH)
	}
	return text
}

// kind names the kind of convolution and which of its three products it is, or
// what else the step does.
func (s *step) kind() string {
	g := s.products
	switch {
	case g == nil:
		return otherKind(s.name)
	case g.H*g.W == 1 && g.KernelH*g.KernelW == 1:
		return "matrix product" + productSuffix(s.name)
	case g.Groups > 1 && g.C == g.Groups:
		return "depthwise" + productSuffix(s.name)
	case g.Groups > 1:
		return "grouped conv" + productSuffix(s.name)
	case g.KernelH*g.KernelW == 1:
		return "1x1 conv" + productSuffix(s.name)
	}
	return "dense conv" + productSuffix(s.name)
}

func productSuffix(name string) string {
	switch {
	case strings.Contains(name, "ConvGrads"):
		return ", both gradients"
	case strings.Contains(name, "GradWeights"):
		return ", gradient of weights"
	case strings.Contains(name, "GradInput"):
		return ", gradient of input"
	}
	return ""
}

func otherKind(name string) string {
	switch {
	case strings.HasPrefix(name, "reorder"), name == "keep":
		return "reorder"
	case strings.Contains(name, "plain"):
		return "plain"
	case strings.Contains(name, "BatchNorm"), strings.Contains(name, "Statistics"), name == "move statistics", name == "scale and shift":
		return "batch normalization"
	case strings.Contains(name, "fold"):
		return "folding"
	case strings.Contains(name, "Pool"):
		return "pooling"
	case strings.HasPrefix(name, "LayerNorm"):
		return "layer normalization"
	case strings.HasPrefix(name, "Softmax"):
		return "softmax"
	case name == "Transpose":
		return "transpose"
	case strings.Contains(name, "Sums"):
		return "elementwise with sums"
	}
	return "elementwise"
}
