package naive

import "finetune/internal/kernel"

// Conv computes y = conv(x, w) + bias.
//
// x is [N,C,H,W], w [OutC,C/Groups,KernelH,KernelW], bias [OutC] or nil, and y
// [N,OutC,OutH,OutW].
//
// https://onnx.ai/onnx/operators/onnx__Conv.html
func Conv(y, x, w, bias []float64, g kernel.Conv) {
	plane := g.OutH * g.OutW
	for i := range y {
		y[i] = 0
		if bias != nil {
			y[i] = bias[i/plane%g.OutC]
		}
	}
	eachTap(g, func(t tap) {
		for oy := t.loY; oy < t.hiY; oy++ {
			yRow, xRow := t.y+oy*g.OutW, t.x+(oy*g.StrideH+t.offY)*g.W+t.offX
			v := w[t.w]
			for ox := t.loX; ox < t.hiX; ox++ {
				y[yRow+ox] += v * x[xRow+ox*g.StrideW]
			}
		}
	})
}

// ConvGradInput computes dx [N,C,H,W], the gradient of Σ dy·Conv with respect
// to x, from dy [N,OutC,OutH,OutW] and w [OutC,C/Groups,KernelH,KernelW].
func ConvGradInput(dx, dy, w []float64, g kernel.Conv) {
	clear(dx)
	eachTap(g, func(t tap) {
		for oy := t.loY; oy < t.hiY; oy++ {
			yRow, xRow := t.y+oy*g.OutW, t.x+(oy*g.StrideH+t.offY)*g.W+t.offX
			v := w[t.w]
			for ox := t.loX; ox < t.hiX; ox++ {
				dx[xRow+ox*g.StrideW] += v * dy[yRow+ox]
			}
		}
	})
}

// ConvGradWeights computes dw [OutC,C/Groups,KernelH,KernelW], the gradient of
// Σ dy·Conv with respect to w, from x [N,C,H,W] and dy [N,OutC,OutH,OutW].
func ConvGradWeights(dw, x, dy []float64, g kernel.Conv) {
	clear(dw)
	eachTap(g, func(t tap) {
		var sum float64
		for oy := t.loY; oy < t.hiY; oy++ {
			yRow, xRow := t.y+oy*g.OutW, t.x+(oy*g.StrideH+t.offY)*g.W+t.offX
			for ox := t.loX; ox < t.hiX; ox++ {
				sum += dy[yRow+ox] * x[xRow+ox*g.StrideW]
			}
		}
		dw[t.w] += sum
	})
}

// A tap is one weight between one plane of x and one of y.
type tap struct {
	x, y, w    int // Offsets of the planes in x and y, and of the weight in w.
	offY, offX int // Input position of output position 0.
	loY, hiY   int // Output rows whose input is not padding.
	loX, hiX   int
}

// eachTap calls f for every weight and image.
func eachTap(g kernel.Conv, f func(tap)) {
	inC, outC := g.C/g.Groups, g.OutC/g.Groups
	for n := range g.N {
		for o := range g.OutC {
			for i := range inC {
				t := tap{
					x: (n*g.C + o/outC*inC + i) * g.H * g.W,
					y: (n*g.OutC + o) * g.OutH * g.OutW,
				}
				for ky := range g.KernelH {
					t.offY = ky*g.DilationH - g.PadTop
					t.loY, t.hiY = outRange(g.OutH, g.H, g.StrideH, t.offY)
					for kx := range g.KernelW {
						t.offX = kx*g.DilationW - g.PadLeft
						t.loX, t.hiX = outRange(g.OutW, g.W, g.StrideW, t.offX)
						t.w = ((o*inC+i)*g.KernelH+ky)*g.KernelW + kx
						f(t)
					}
				}
			}
		}
	}
}
