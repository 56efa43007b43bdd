package augment

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/disintegration/imaging"
	nfnt "github.com/nfnt/resize"
)

// naiveResample is Resample by its definition in float64: across, round and cut
// to a byte, down, round and cut.
func naiveResample(src *image.NRGBA, b Box, w, h int, interp Interpolation) *image.NRGBA {
	columns := naiveWeights(b.X0, b.X1, src.Rect.Dx(), w, interp)
	rows := naiveWeights(b.Y0, b.Y1, src.Rect.Dy(), h, interp)
	return transposed(naiveAcross(transposed(naiveAcross(src, columns)), rows))
}

func naiveAcross(src *image.NRGBA, columns [][]float64) *image.NRGBA {
	dst := image.NewNRGBA(image.Rect(0, 0, len(columns), src.Rect.Dy()))
	for y := range dst.Rect.Dy() {
		for x, weights := range columns {
			for c := range 4 {
				sum := 0.0
				for i, weight := range weights {
					sum += weight * float64(src.Pix[y*src.Stride+4*i+c])
				}
				dst.Pix[y*dst.Stride+4*x+c] = uint8(max(0, min(math.Round(sum), 255)))
			}
		}
	}
	return dst
}

func transposed(src *image.NRGBA) *image.NRGBA {
	dst := image.NewNRGBA(image.Rect(0, 0, src.Rect.Dy(), src.Rect.Dx()))
	for y := range dst.Rect.Dy() {
		for x := range dst.Rect.Dx() {
			dst.SetNRGBA(x, y, src.NRGBAAt(y, x))
		}
	}
	return dst
}

// naiveWeights returns the weight of every source pixel for every output pixel.
func naiveWeights(lo, hi float64, srcN, dstN int, interp Interpolation) [][]float64 {
	scale := (hi - lo) / float64(dstN)
	widening := max(1, scale)
	out := make([][]float64, dstN)
	for i := range out {
		out[i] = make([]float64, srcN)
		center, total := lo+(float64(i)+0.5)*scale, 0.0
		for j := range out[i] {
			x := math.Abs(float64(j)+0.5-center) / widening
			switch {
			case interp == Bilinear:
				out[i][j] = max(0, 1-x)
			case x < 1:
				out[i][j] = 1.5*x*x*x - 2.5*x*x + 1
			case x < 2:
				out[i][j] = -0.5*x*x*x + 2.5*x*x - 4*x + 2
			}
			total += out[i][j]
		}
		for j := range out[i] {
			out[i][j] /= total
		}
	}
	return out
}

// TestResampleNaive draws sizes and boxes at random. Fixed point may round a
// value that lies near the middle of two to the other one, in either pass.
func TestResampleNaive(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for range 80 {
		src := photograph(1+rng.IntN(40), 1+rng.IntN(40))
		for i := range src.Pix {
			if i%4 != 3 && rng.IntN(3) == 0 {
				src.Pix[i] = uint8(255 * rng.IntN(2)) // Edges as hard as there are.
			}
		}
		w, h := float64(src.Rect.Dx()), float64(src.Rect.Dy())
		b := Box{rng.Float64() * w * 0.9, rng.Float64() * h * 0.9, w, h}
		b.X1 = b.X0 + (w-b.X0)*(0.1+0.9*rng.Float64())
		b.Y1 = b.Y0 + (h-b.Y0)*(0.1+0.9*rng.Float64())
		outW, outH := 1+rng.IntN(30), 1+rng.IntN(30)
		for _, interp := range []Interpolation{Bicubic, Bilinear} {
			got := Resample(src, b, outW, outH, interp)
			mean, largest := difference(t, got, naiveResample(src, b, outW, outH, interp))
			if mean > 0.01 || largest > 1 {
				t.Errorf("%v of %v to %d×%d, %v: differs by %.3f on the mean and %d at most", b, src.Rect, outW, outH, interp, mean, largest)
			}
		}
	}
}

// TestResampleLibraries compares with two libraries where they can follow: whole
// pixels. imaging's CatmullRom is the same kernel; nfnt/resize samples it more
// coarsely.
func TestResampleLibraries(t *testing.T) {
	src := photograph(120, 90)
	for _, size := range []int{224, 90, 48} {
		got := Resample(src, Box{15, 0, 105, 90}, size, size, Bicubic)
		crop := imaging.Crop(src, image.Rect(15, 0, 105, 90))
		// The libraries do not see the pixels around the crop, so compare inside.
		inside := image.Rect(0, 0, size, size).Inset(size / 10)
		got = got.SubImage(inside).(*image.NRGBA)

		byImaging := imaging.Resize(crop, size, size, imaging.CatmullRom).SubImage(inside).(*image.NRGBA)
		mean, largest := difference(t, got, byImaging)
		t.Logf("imaging, %d: %.3f on the mean, %d at most", size, mean, largest)
		within(t, got, byImaging, 0.5, 2)

		byNfnt := imaging.Clone(nfnt.Resize(uint(size), uint(size), rgba(crop), nfnt.Bicubic)).SubImage(inside).(*image.NRGBA)
		mean, largest = difference(t, got, byNfnt)
		t.Logf("nfnt/resize, %d: %.3f on the mean, %d at most", size, mean, largest)
		within(t, got, byNfnt, 1.5, 8)
	}
}

func TestResampleIdentity(t *testing.T) {
	src := photograph(19, 13)
	for _, interp := range []Interpolation{Bicubic, Bilinear} {
		within(t, Resample(src, whole(src.Rect), 19, 13, interp), src, 0, 0)
		part := Resample(src, Box{3, 2, 10, 12}, 7, 10, interp)
		within(t, part, copyOf(src.SubImage(image.Rect(3, 2, 10, 12)).(*image.NRGBA)), 0, 0)
	}
}

func TestResamplePanics(t *testing.T) {
	for _, b := range []Box{{0, 0, 0, 1}, {-1, 0, 1, 1}, {0, 0, 5.5, 4}, {0, 0, 5, 4.001}, {0, math.NaN(), 1, 1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("box %v of a 5×4 picture is taken", b)
				}
			}()
			Resample(photograph(5, 4), b, 2, 2, Bicubic)
		}()
	}
}
