package gokernel

import (
	"testing"
	"unsafe"
)

// aligned returns n zeros that begin at a cache line.
func aligned(n int) []float32 {
	x := make([]float32, n+cacheLine)
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(x)))/4) & (cacheLine - 1)
	return x[skip : skip+n : skip+n]
}

// counted returns n numbers that are not the same.
func counted(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i%23) - 11.5
	}
	return x
}

// eachStreaming calls f with the instruction sets that store past the caches.
func eachStreaming(t *testing.T, f func(t *testing.T, isa *isa)) {
	for _, isa := range isas() {
		if isa.fence == nil {
			continue
		}
		t.Run(isa.name, func(t *testing.T) {
			skipUnlessSupported(t, isa)
			f(t, isa)
		})
	}
}

// sameStream runs a loop twice, and compares what it stores past the caches
// with what it stores otherwise.
func sameStream(t *testing.T, name string, size int, fence func(), run func(y []float32, stream bool)) {
	t.Helper()
	want, got := aligned(size), aligned(size)
	run(want, false)
	run(got, true)
	fence()
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%s: y[%d] = %v stored past the caches, %v otherwise", name, i, got[i], want[i])
		}
	}
	for _, v := range want {
		if v != 0 {
			return
		}
	}
	t.Errorf("%s: nothing was computed", name)
}

func TestTileStreams(t *testing.T) {
	eachStreaming(t, func(t *testing.T, isa *isa) {
		const k, panels = 21, 2
		w := &worker{isa: isa}
		rows, outs := w.tileOffsets(isa.rows)
		for r := range rows {
			rows[r], outs[r] = r*k, r*panels*isa.panel
		}
		loops := map[string]func(*tile){"tile": isa.tile, "tilePart": isa.tilePart(isa.panel / 2)}
		for name, loop := range loops {
			sameStream(t, name, isa.rows*panels*isa.panel, isa.fence, func(c []float32, stream bool) {
				loop(&tile{
					a: counted(isa.rows * k), b: counted(panels * k * isa.panel), c: c, rows: rows, outs: outs,
					k: k, segments: 1, panels: panels, columns: isa.panel / 2, stream: stream,
				})
			})
		}
	})
}

func TestStencilStreams(t *testing.T) {
	eachStreaming(t, func(t *testing.T, isa *isa) {
		for _, width := range []int{2, 3, 4, 5} {
			for _, stride := range []int{1, 2} {
				for _, pixels := range []int{3, 7, 9, 14, 20} {
					const channels = 2 * planeWidth
					row := ((pixels-1)*stride + width) * channels
					sameStream(t, "stencil", pixels*channels, isa.fence, func(y []float32, stream bool) {
						isa.stencil(&stencil{
							y: y, x: counted(2 * row), w: counted(2 * width * channels), bias: counted(channels),
							kernelH: 2, kernelW: width, rowStep: row, tapStep: channels, wStep: channels,
							xStep: stride * channels, yStep: channels, pixels: pixels, channels: channels, stream: stream,
						})
					})
				}
			}
		}
	})
}
