package onednn

import (
	"fmt"

	"finetune/internal/kernel"
)

// A layer is a convolution and how often a network has it.
type layer struct {
	name  string
	g     kernel.Conv
	count int
}

// A network is the convolutions of a network, in order, those of a shape as one.
type network struct {
	name   string
	batch  int
	layers []layer
}

// add appends a convolution of k×k taps, padded so that stride alone shrinks.
func (n *network) add(size, c, outC, k, stride, groups int) (outSize int) {
	out := (size + stride - 1) / stride
	g := kernel.Conv{
		N: n.batch, H: size, W: size, C: c, OutH: out, OutW: out, OutC: outC, KernelH: k, KernelW: k,
		StrideH: stride, StrideW: stride, DilationH: 1, DilationW: 1, PadTop: k / 2, PadLeft: k / 2, Groups: groups,
	}
	for i := range n.layers {
		if n.layers[i].g == g {
			n.layers[i].count++
			return out
		}
	}
	kind := fmt.Sprintf("%dx%d", k, k)
	if groups > 1 {
		kind += " depthwise"
	}
	if stride > 1 {
		kind += fmt.Sprintf(" s%d", stride)
	}
	n.layers = append(n.layers, layer{fmt.Sprintf("%s %d² %d→%d", kind, size, c, outC), g, 1})
	return out
}

// lite0 is EfficientNet-Lite0 (https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite).
func lite0(batch int) network {
	n := network{name: "efficientnet_lite0", batch: batch}
	size, c := n.add(224, 3, 32, 3, 2, 1), 32
	for _, stage := range [][5]int{ // expansion, channels, blocks, stride, kernel
		{1, 16, 1, 1, 3}, {6, 24, 2, 2, 3}, {6, 40, 2, 2, 5}, {6, 80, 3, 2, 3}, {6, 112, 3, 1, 5}, {6, 192, 4, 2, 5}, {6, 320, 1, 1, 3},
	} {
		for block := range stage[2] {
			stride, inner := 1, c*stage[0]
			if block == 0 {
				stride = stage[3]
			}
			if stage[0] > 1 {
				n.add(size, c, inner, 1, 1, 1)
			}
			size = n.add(size, inner, inner, stage[4], stride, inner)
			n.add(size, inner, stage[1], 1, 1, 1)
			c = stage[1]
		}
	}
	n.add(size, c, 1280, 1, 1, 1)
	return n
}

// resnet is ResNet-18 or ResNet-50 (He et al., 2016, table 1; the second with
// the stride in the 3×3 convolution, as torchvision has it).
func resnet(depth, batch int) network {
	n := network{name: fmt.Sprintf("resnet%d", depth), batch: batch}
	blocks, expansion := []int{2, 2, 2, 2}, 1
	if depth == 50 {
		blocks, expansion = []int{3, 4, 6, 3}, 4
	}
	n.add(224, 3, 64, 7, 2, 1)
	size, c := 56, 64
	for stage, count := range blocks {
		width := 64 << stage
		for block := range count {
			stride := 1
			if block == 0 && stage > 0 {
				stride = 2
			}
			if stride > 1 || c != width*expansion {
				n.add(size, c, width*expansion, 1, stride, 1)
			}
			if depth == 50 {
				n.add(size, c, width, 1, 1, 1)
				size = n.add(size, width, width, 3, stride, 1)
				n.add(size, width, 4*width, 1, 1, 1)
			} else {
				size = n.add(size, c, width, 3, stride, 1)
				n.add(size, width, width, 3, 1, 1)
			}
			c = width * expansion
		}
	}
	return n
}
