package augment

import (
	"bytes"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

var everySpec = []string{
	"random_resized_crop(24,0.35,1)", "center_crop(0.7)", "resize(24)", "center_crop(0.7)|resize(24)",
	"flip", "flip(1)", "color_jitter(0.5)", "rotate(30)", "random_erasing(1)",
	"random_resized_crop(24,0.08,1)|flip|color_jitter(0.4)|rotate(15)|random_erasing(0.5)",
}

// TestTransforms checks the contract of Transform on sources of many shapes,
// sub-images among them.
func TestTransforms(t *testing.T) {
	big := photograph(70, 60)
	for _, bounds := range []image.Rectangle{
		image.Rect(0, 0, 70, 60), image.Rect(3, 5, 40, 57), image.Rect(10, 10, 11, 11), image.Rect(0, 20, 70, 21), image.Rect(9, 0, 11, 60),
	} {
		src := big.SubImage(bounds).(*image.NRGBA)
		before := slices.Clone(big.Pix)
		for _, spec := range everySpec {
			p := mustParse(t, spec)
			for seed := range uint64(8) {
				a := p.Apply(src, rand.New(rand.NewPCG(seed, 1)))
				b := p.Apply(copyOf(src), rand.New(rand.NewPCG(seed, 1)))
				if mean, largest := difference(t, a, b); largest != 0 {
					t.Fatalf("%s of %v: the same seed gives pictures that differ by %g", spec, bounds, mean)
				}
				for i, v := range b.Pix {
					if i%4 == 3 && v != 255 {
						t.Fatalf("%s of %v: alpha is %d", spec, bounds, v)
					}
				}
				if want := p.outputSize(); want != 0 && a.Rect != image.Rect(0, 0, want, want) {
					t.Fatalf("%s of %v: bounds are %v, want %d×%d", spec, bounds, a.Rect, want, want)
				}
			}
			if !bytes.Equal(big.Pix, before) {
				t.Fatalf("%s of %v modifies its source", spec, bounds)
			}
		}
	}
}

// TestFusedCrop compares a crop before resize with the same box by hand; with a
// whole crop in between nothing is shared.
func TestFusedCrop(t *testing.T) {
	src := photograph(61, 47)
	got := Evaluation(20, 0.875, Bicubic).Apply(src, nil)
	side := 47 * 0.875
	want := Resample(src, Box{(61 - side) / 2, (47 - side) / 2, (61 + side) / 2, (47 + side) / 2}, 20, 20, Bicubic)
	within(t, got, want, 0, 0)
}

// TestRandomResizedCropBoxes checks range and distribution of 40,000 boxes. The
// bounds are 5 standard errors wide, so a wrong distribution fails and a right
// one, with this seed, does not.
func TestRandomResizedCropBoxes(t *testing.T) {
	const n, w, h = 40_000, 1000, 1000
	c := randomResizedCrop{224, 0.35, 0.5, Bicubic} // So small that every draw fits.
	rng := rand.New(rand.NewPCG(1, 1))
	var areas, ratios, xs, ys []float64
	for range n {
		b := c.box(image.Rect(0, 0, w, h), rng)
		boxW, boxH := b.X1-b.X0, b.Y1-b.Y0
		if b.X0 < 0 || b.Y0 < 0 || b.X1 > w || b.Y1 > h || boxW != math.Trunc(boxW) {
			t.Fatalf("box is %v", b)
		}
		areas = append(areas, (boxW*boxH/(w*h)-c.minArea)/(c.maxArea-c.minArea))
		ratios = append(ratios, (math.Log(boxW/boxH)/math.Log(4.0/3)+1)/2)
		xs = append(xs, (b.X0+0.5)/(w-boxW+1))
		ys = append(ys, (b.Y0+0.5)/(h-boxH+1))
	}
	for name, values := range map[string][]float64{"area": areas, "log ratio": ratios, "x": xs, "y": ys} {
		checkUniform(t, name, values)
	}
}

// checkUniform fails unless values look uniform on 0..1: mean, variance, ends,
// and Kolmogorov's distance.
func checkUniform(t *testing.T, name string, values []float64) {
	t.Helper()
	slices.Sort(values)
	n := float64(len(values))
	distance := 0.0
	for i, v := range values {
		distance = max(distance, math.Abs(v-(float64(i)+0.5)/n))
	}
	const rounding = 0.01 // Boxes have whole pixels.
	if limit := 2/math.Sqrt(n) + rounding; distance > limit {
		t.Errorf("%s: Kolmogorov distance to uniform is %.4f, want at most %.4f", name, distance, limit)
	}
	if lo, hi := values[0], values[len(values)-1]; lo < -rounding || hi > 1+rounding {
		t.Errorf("%s: from %g to %g, want 0 to 1", name, lo, hi)
	}
}

// TestRandomResizedCropFallback: where no draw can fit, a square of the short side.
func TestRandomResizedCropFallback(t *testing.T) {
	c := randomResizedCrop{224, 0.9, 1, Bicubic}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		b := c.box(image.Rect(0, 0, 1000, 10), rng)
		if b.X1-b.X0 != 10 || b.Y1-b.Y0 != 10 {
			t.Fatalf("box is %v, want 10×10", b)
		}
	}
}

func TestFlip(t *testing.T) {
	src := photograph(5, 3)
	flips := 0
	rng := rand.New(rand.NewPCG(1, 1))
	p := mustParse(t, "flip(0.3)")
	for range 10_000 {
		if got := p.Apply(src, rng); got != src {
			flips++
			if got.NRGBAAt(0, 2) != src.NRGBAAt(4, 2) {
				t.Fatal("left is not the right of before")
			}
		}
	}
	if flips < 2770 || flips > 3230 { // 5 standard deviations.
		t.Errorf("%d flips of 10000, want 3000 ± 230", flips)
	}
}

func TestRotate(t *testing.T) {
	src := photograph(40, 40)
	within(t, rotate{0}.Apply(src, rand.New(rand.NewPCG(1, 1))), src, 0, 0)

	white := copyOf(src)
	for i := range white.Pix {
		white.Pix[i] = 255
	}
	got := rotate{45}.Apply(white, rand.New(rand.NewPCG(3, 1)))
	if corner, middle := got.NRGBAAt(0, 0), got.NRGBAAt(20, 20); corner != grey || middle.R != 255 {
		t.Errorf("corner is %v and middle %v, want %v and white", corner, middle, grey)
	}
}

func TestColorJitterRange(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var factors []float64
	for range 10_000 {
		factors = append(factors, (float64(jitter(rng, 0.2))-0.8)/0.4)
	}
	checkUniform(t, "factor", factors)
	within(t, colorJitter{}.Apply(photograph(9, 9), rng), photograph(9, 9), 0, 0)
}

func TestRandomErasing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	e := randomErasing{0.25, 0.02, 0.33}
	src := image.NewNRGBA(image.Rect(0, 0, 100, 100))
	erased := 0
	var areas []float64
	for range 4000 {
		img := e.Apply(src, rng)
		if img == src {
			continue
		}
		erased++
		areas = append(areas, float64(bytes.Count(img.Pix, []byte{grey.R, grey.G, grey.B, 255}))/1e4)
	}
	if erased < 860 || erased > 1140 { // 5 standard deviations.
		t.Errorf("%d of 4000 erased, want 1000 ± 140", erased)
	}
	// A tall or wide hole of a large area fits less often, so the areas lean to
	// the small side of uniform, whose mean is 0.175.
	if lo, hi := slices.Min(areas), slices.Max(areas); lo < 0.017 || lo > 0.025 || hi < 0.32 || hi > 0.335 {
		t.Errorf("areas from %g to %g, want 0.02 to 0.33", lo, hi)
	}
}
