package augment

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// A pipeline is fixed if two generators show the same; of the others here they
// do not.
func TestFixed(t *testing.T) {
	src := photograph(60, 50)
	for spec, want := range map[string]bool{
		"none": true, "resize": true, "center_crop(0.8)|resize": true, "flip(0)": true, "flip(1)": true, "rotate(0)": true,
		"random_erasing(0)": true, "color_jitter(0)": true, "resize|flip(1)|color_jitter(0)": true,
		"flip": false, "rotate(5)": false, "random_erasing(1)": false, "color_jitter(0,0.2,0)": false,
		"random_resized_crop(1,1)": false, "resize|flip(0.5)": false,
	} {
		p, err := Training(spec, 24, 0.875, Bicubic)
		if err != nil {
			t.Fatal(err)
		}
		same := true
		for seed := range uint64(20) {
			a := p.Apply(src, rand.New(rand.NewPCG(0, 0)))
			b := p.Apply(src, rand.New(rand.NewPCG(seed, 9)))
			same = same && bytes.Equal(a.Pix, b.Pix)
		}
		if p.Fixed() != want || same != want {
			t.Errorf("%s: fixed is %v and the pictures are the same: %v, want %v", spec, p.Fixed(), same, want)
		}
	}
}
