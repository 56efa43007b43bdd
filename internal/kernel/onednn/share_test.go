//go:build linux && amd64 && !static

package onednn

import (
	"math"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"finetune/internal/kernel"
	"finetune/internal/kernel/gokernel"
)

// BenchmarkShare compares oneDNN with gokernel on the layers of networks, one
// thread each, in turn, in processor time; the figures are medians. "speedup"
// above 1 says that oneDNN is faster.
func BenchmarkShare(b *testing.B) {
	guest := open(b, 1)
	host := gokernel.New(1)
	defer host.Close()
	for _, n := range []network{lite0(16), resnet(18, 16), resnet(50, 16)} {
		b.Run(n.name, func(b *testing.B) {
			for _, l := range n.layers {
				for _, op := range []Op{Forward, GradInput, GradWeights} {
					if l.g.C > 3 || op != GradInput { // The gradient of the image is not needed.
						b.Run(l.name+"/"+op.String(), func(b *testing.B) { compare(b, guest, host, l, op) })
					}
				}
			}
		})
	}
}

// compare measures one operation of a layer.
func compare(b *testing.B, guest *Backend, host kernel.Backend, l layer, op Op) {
	g := l.g
	x, w, y := make([]float32, g.N*g.H*g.W*g.C), make([]float32, g.KernelH*g.KernelW*g.C/g.Groups*g.OutC), make([]float32, g.N*g.OutH*g.OutW*g.OutC)
	bias := make([]float32, g.OutC)
	for i, s := range [][]float32{x, w, y, bias} {
		fill(s, uint32(i+1))
	}
	run := map[Op]func(kernel.Backend){
		Forward: func(k kernel.Backend) {
			k.Conv(y, x, w, nil, bias, nil, g, kernel.Activation{Kind: kernel.Clip, Beta: float32(math.Inf(1))})
		},
		GradInput:   func(k kernel.Backend) { k.ConvGradInput(x, y, w, nil, g) },
		GradWeights: func(k kernel.Backend) { k.ConvGradWeights(w, x, y, g) },
	}[op]
	run(guest)
	run(host)
	const rounds = 7
	var guestSeconds, hostSeconds []float64
	for b.Loop() {
		for range rounds {
			guestSeconds = append(guestSeconds, processorTime(func() { run(guest) }))
			hostSeconds = append(hostSeconds, processorTime(func() { run(host) }))
		}
	}
	guestMedian, hostMedian := median(guestSeconds), median(hostSeconds)
	flops := 2 * float64(len(y)) * float64(g.KernelH*g.KernelW*(g.C/g.Groups))
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(l.count), "layers")
	b.ReportMetric(1e3*guestMedian, "onednn-ms")
	b.ReportMetric(1e3*hostMedian, "go-ms")
	b.ReportMetric(flops/guestMedian/1e9, "onednn-GFLOP/s")
	b.ReportMetric(flops/hostMedian/1e9, "go-GFLOP/s")
	b.ReportMetric(hostMedian/guestMedian, "speedup")
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// fill makes numbers in [-½, ½) that are quick to make.
func fill(x []float32, seed uint32) {
	for i := range x {
		seed = seed*1664525 + 1013904223
		x[i] = float32(seed>>8)/(1<<24) - 0.5
	}
}

// processorTime returns the seconds that the process computes in f.
func processorTime(f func()) float64 {
	var from, to unix.Timespec
	unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &from)
	f()
	unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &to)
	return float64(to.Nano()-from.Nano()) / 1e9
}
