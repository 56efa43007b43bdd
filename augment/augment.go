// Package augment turns the bytes of an image file into the tensor that a
// network sees: image → image → tensor.
//
// [Decode] reads a file into opaque 8-bit RGB, a [Pipeline] of [Transform]s
// crops, resizes and varies it, and [ToTensor] normalizes the result. The
// training pipeline comes from a spec such as
// "random_resized_crop(0.35,1)|flip" ([Parse], [Training]); the fixed one of
// evaluation from [Evaluation].
//
// Every picture in between is an *image.NRGBA whose alpha is 255. Resampling
// follows Pillow to the bit, because that is what the pretrained weights have
// seen; see docs/decisions/resampling.md. All randomness comes from the
// generator given to Apply, so a picture depends on its seed alone.
package augment

import (
	"fmt"
	"image"
	"math/rand/v2"
	"strings"
)

// A Transform makes one picture of another.
//
// Apply does not modify src, and may return it. It draws the same numbers from
// rng for the same src bounds, and none but from rng. String is the transform
// in the language of [Parse], with every argument written out.
type Transform interface {
	Apply(src *image.NRGBA, rng *rand.Rand) *image.NRGBA
	String() string
}

// A Pipeline applies its transforms in order.
type Pipeline []Transform

var _ Transform = Pipeline(nil)

// A cropper chooses a region of a picture, whose edges may lie between pixels.
type cropper interface {
	box(bounds image.Rectangle, rng *rand.Rand) Box
}

// Apply returns src after every transform. A crop followed by resize is one
// resampling from the box of the crop, fractional edges included, as Pillow's
// resize with a box.
func (p Pipeline) Apply(src *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	for i := 0; i < len(p); i++ {
		crop, isCrop := p[i].(cropper)
		if isCrop && i+1 < len(p) {
			if r, ok := p[i+1].(resize); ok {
				src = Resample(src, crop.box(src.Rect, rng), r.size, r.size, r.interp)
				i++
				continue
			}
		}
		src = p[i].Apply(src, rng)
	}
	return src
}

// String returns the spec that [Parse] reads back as p; "none" when p is empty.
func (p Pipeline) String() string {
	if len(p) == 0 {
		return "none"
	}
	specs := make([]string, len(p))
	for i, t := range p {
		specs[i] = t.String()
	}
	return strings.Join(specs, "|")
}

// A sizer is a transform that gives size×size pictures whatever it is given.
type sizer interface {
	outputSize() int
}

// outputSize returns the side of the pictures that p makes, 0 if it depends on
// the source.
func (p Pipeline) outputSize() int {
	size := 0
	for _, t := range p {
		switch t := t.(type) {
		case sizer:
			size = t.outputSize()
		case centerCrop:
			size = 0
		}
	}
	return size
}

// Evaluation returns the pipeline of evaluation: the centred square whose side
// is crop × the short side, resampled to size×size. Its randomness is none, so
// Apply may be given a nil generator.
func Evaluation(size int, crop float64, interp Interpolation) Pipeline {
	return Pipeline{centerCrop{crop}, resize{size, interp}}
}

// Training returns the pipeline that spec describes, made to end in size×size
// pictures: where no transform of spec sets the size (as in "flip" or "none"),
// the transforms work on the view of [Evaluation] with this crop. It is an error
// if spec ends in another size.
func Training(spec string, size int, crop float64, interp Interpolation) (Pipeline, error) {
	p, err := Parse(spec, size, interp)
	if err != nil {
		return nil, err
	}
	sets := false
	for _, t := range p {
		_, isSizer := t.(sizer)
		sets = sets || isSizer
	}
	if !sets {
		p = append(Evaluation(size, crop, interp), p...)
	}
	if got := p.outputSize(); got == 0 {
		return nil, fmt.Errorf("augment: spec %q: ends in pictures of many sizes, want %d×%d: add |resize", spec, size, size)
	} else if got != size {
		return nil, fmt.Errorf("augment: spec %q: ends in %d×%d pictures, want %d×%d: add |resize", spec, got, got, size, size)
	}
	return p, nil
}
