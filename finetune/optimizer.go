package finetune

import (
	"fmt"
	"strings"

	"finetune/sam"
)

// newOptimizer returns the optimizer that c names: sam, sgd, adamw, sam+sgd or
// sam+adamw. Its Rho is set before every step.
func newOptimizer(c Config) (*sam.SAM, error) {
	s := &sam.SAM{ClipNorm: c.ClipNorm}
	switch c.Optimizer {
	case "sgd", "sam", "sam+sgd":
		s.Base = &sam.SGD{Momentum: c.Momentum, Nesterov: true, WeightDecay: c.WeightDecay}
	case "adamw", "sam+adamw":
		s.Base = sam.NewAdamW(c.WeightDecay)
	default:
		return nil, fmt.Errorf("finetune: optimizer %q: want sam, sgd, adamw, sam+sgd or sam+adamw", c.Optimizer)
	}
	return s, nil
}

// BaseOptimizer returns the name, SGD or AdamW, of what makes the updates of an
// optimizer that is named as in Config.
func BaseOptimizer(optimizer string) string {
	if strings.HasSuffix(optimizer, "adamw") {
		return "AdamW"
	}
	return "SGD"
}

// rho returns the radius for the steps of an epoch, counted from 1: SAM on a
// fresh head with frozen BatchNorm does not leave chance, so the base optimizer
// runs alone before c.SAMFrom.
func rho(c Config, epoch int) float64 {
	if c.Optimizer == "sgd" || c.Optimizer == "adamw" || epoch < c.SAMFrom {
		return 0
	}
	return c.Rho
}
