package naive

import (
	"math"

	"finetune/internal/kernel"
)

// MaxPool computes y [N,C,OutH,OutW] and argmax, like y, from x [N,C,H,W]:
// the largest value of each window and its index into x, the first one in
// row-major order if several are equal. NaN wins over every number. Padding
// never wins: a window of padding alone has value -Inf and index -1.
//
// https://onnx.ai/onnx/operators/onnx__MaxPool.html
func MaxPool(y []float64, argmax []int, x []float64, g kernel.Pool) {
	for i := range y {
		y[i], argmax[i] = math.Inf(-1), -1
	}
	eachWindow(g, func(in, out int) {
		if argmax[out] < 0 || x[in] > y[out] || math.IsNaN(x[in]) && !math.IsNaN(y[out]) {
			y[out], argmax[out] = x[in], in
		}
	})
}

// MaxPoolGrad computes dx [N,C,H,W] from dy and argmax [N,C,OutH,OutW]. It is
// zero where no window had its maximum.
func MaxPoolGrad(dx, dy []float64, argmax []int, _ kernel.Pool) {
	clear(dx)
	for i, in := range argmax {
		if in >= 0 {
			dx[in] += dy[i]
		}
	}
}

// AveragePool computes y [N,C,OutH,OutW], the mean of each window of x
// [N,C,H,W]. Padding counts in the divisor if g.CountIncludePad. A window of
// padding alone that does not count has value zero.
//
// https://onnx.ai/onnx/operators/onnx__AveragePool.html
func AveragePool(y, x []float64, g kernel.Pool) {
	clear(y)
	eachWindow(g, func(in, out int) { y[out] += x[in] / divisor(out, g) })
}

// AveragePoolGrad computes dx [N,C,H,W] from dy [N,C,OutH,OutW].
func AveragePoolGrad(dx, dy []float64, g kernel.Pool) {
	clear(dx)
	eachWindow(g, func(in, out int) { dx[in] += dy[out] / divisor(out, g) })
}

// divisor returns the number of positions that count in the window of output
// index out.
func divisor(out int, g kernel.Pool) float64 {
	oy, ox := out/g.OutW%g.OutH, out%g.OutW
	loY, hiY, loX, hiX := 0, g.H, 0, g.W
	if g.CountIncludePad {
		loY, hiY, loX, hiX = -g.PadTop, g.H+g.PadBottom, -g.PadLeft, g.W+g.PadRight
	}
	count := 0
	for ky := range g.KernelH {
		for kx := range g.KernelW {
			iy := oy*g.StrideH - g.PadTop + ky*g.DilationH
			ix := ox*g.StrideW - g.PadLeft + kx*g.DilationW
			if loY <= iy && iy < hiY && loX <= ix && ix < hiX {
				count++
			}
		}
	}
	return float64(count)
}

// eachWindow calls f with every pair of an input index and the index of an
// output whose window holds it, row-major by output and then by window.
func eachWindow(g kernel.Pool, f func(in, out int)) {
	for nc := range g.N * g.C {
		for oy := range g.OutH {
			for ox := range g.OutW {
				out := (nc*g.OutH+oy)*g.OutW + ox
				for ky := range g.KernelH {
					iy := oy*g.StrideH - g.PadTop + ky*g.DilationH
					if iy < 0 || iy >= g.H {
						continue
					}
					for kx := range g.KernelW {
						ix := ox*g.StrideW - g.PadLeft + kx*g.DilationW
						if ix >= 0 && ix < g.W {
							f((nc*g.H+iy)*g.W+ix, out)
						}
					}
				}
			}
		}
	}
}
