package op

import "finetune/internal/kernel"

// Activate is an elementwise function: ONNX Relu, Clip, LeakyRelu, Sigmoid and
// HardSwish.
type Activate struct{ Activation kernel.Activation }
