package finetune

import (
	"context"
	"fmt"
	"image"
	"io/fs"
	"os"
	"runtime"
	"slices"

	"finetune/augment"
	"finetune/internal/kernel/gokernel"
	"finetune/internal/onnxruntime"
	"finetune/tasks"
)

// A Proof says how far an exported file, read back and run, agrees with the
// trained model.
type Proof struct {
	Images int    `json:"images"`
	Of     string `json:"of"`    // What images, such as "test split of flowers".
	Judge  string `json:"judge"` // What ran the file.

	// Difference is the largest difference of logits as a share of the largest.
	Difference    float64 `json:"largest_difference"`
	Top1Agreement float64 `json:"top1_agreement"` // Share of images, in [0, 1].

	// NotRun says what of the file Judge did not run, "" if it ran all.
	NotRun string `json:"not_run,omitempty"`

	Onnxruntime *Judgement `json:"onnxruntime,omitempty"` // nil if the library is not there.

	// rounding is how far Judge, given the trained model itself, is from it; 0
	// where the file agreed. Then the file is not at fault, but no two programs agree.
	rounding float64
}

// A Judgement is what onnxruntime says of the same images.
type Judgement struct {
	Version       string  `json:"version"`
	Difference    float64 `json:"largest_difference"` // As a share of the largest logit; of probabilities, as it is.
	Top1Agreement float64 `json:"top1_agreement"`
}

// String is the proof in a sentence.
func (p Proof) String() string {
	text := fmt.Sprintf("proof: read back and run by %s on %d images (%s): logits differ by at most %.2g of the largest, top-1 agrees on %.4g %%",
		p.Judge, p.Images, p.Of, p.Difference, 100*p.Top1Agreement)
	if p.NotRun != "" {
		text += "; without " + p.NotRun
	}
	if o := p.Onnxruntime; o != nil {
		text += fmt.Sprintf("; onnxruntime %s on the whole file: at most %.2g, top-1 agrees on %.4g %%", o.Version, o.Difference, 100*o.Top1Agreement)
	} else if p.NotRun != "" {
		text += fmt.Sprintf(" (onnxruntime would: set %s to its libonnxruntime.so)", onnxruntime.Variable)
	}
	return text
}

// proofImages is how many images a file is proven on. Short tests take fewer.
var proofImages = 16

// A tolerance bounds what a form may change: the difference of logits as a share
// of the largest, what onnxruntime may find, which is of probabilities where
// preprocessing is inside, and the share of images whose top-1 stays.
type tolerance struct{ difference, judged, agreement float64 }

// tolerance of a form: float32 in another order of sums, weights rounded to 11
// bits, or 8-bit arithmetic. docs/decisions/export.md has what was measured.
func (c ExportConfig) tolerance() tolerance {
	t := tolerance{1e-4, 1e-4, 0}
	if c.Preprocess { // Pixels may differ by a level where a half is rounded.
		t.judged = 5e-3
	}
	switch {
	case c.Half:
		t = tolerance{0.03, 0.03, 0}
	case c.Int8:
		t = tolerance{0.5, 0.5, 0.75}
	}
	return t
}

// check returns an error if p is worse than t.
func (p Proof) check(t tolerance) error {
	o := p.Onnxruntime
	if p.Difference <= t.difference && p.Top1Agreement >= t.agreement && (o == nil || o.Difference <= t.judged && o.Top1Agreement >= t.agreement) {
		return nil
	}
	want := fmt.Sprintf("want at most %.2g", t.difference)
	if t.agreement > 0 {
		want += fmt.Sprintf(" and at least %.4g %%", 100*t.agreement)
	}
	if o != nil && t.judged != t.difference {
		want += fmt.Sprintf(" (%.2g of onnxruntime)", t.judged)
	}
	if !(p.rounding <= t.difference) {
		want += fmt.Sprintf("; %s differ by %.2g on the trained model too: its weights amplify rounding, as they do where training diverged (see the loss in metrics.jsonl; a smaller learning rate may help)",
			p.Judge, p.rounding)
	}
	return &ModelError{fmt.Errorf("export: the file does not agree with the trained model: %v; %s", p, want)}
}

// proofPictures are the images of a proof.
type proofPictures struct {
	of       string
	pictures []*image.NRGBA
}

// proofPictures returns some of the images that the run was evaluated on,
// spread over them; without a data set, made-up ones of several shapes.
func (x *exporter) proofPictures() (proofPictures, error) {
	if x.data != nil {
		_, examples, split := splits(x.config, x.data)
		return readProof(x.data.FS, examples, fmt.Sprintf("%s split of %s", split, x.data.Task))
	}
	p := proofPictures{of: "made up, because no data set is within reach"}
	for i := range proofImages {
		p.pictures = append(p.pictures, madeUp(i))
	}
	return p, nil
}

// readProof reads some of examples, spread over them. Those that cannot be
// decoded are left out.
func readProof(fsys fs.FS, examples []tasks.Example, of string) (proofPictures, error) {
	p := proofPictures{of: of}
	count := min(proofImages, len(examples))
	for i := range count {
		data, err := fs.ReadFile(fsys, examples[i*len(examples)/count].Path)
		if err != nil {
			return p, &DataError{fmt.Errorf("export: %w", err)}
		}
		if picture, err := augment.Decode(data, augment.DecodeOptions{}); err == nil {
			p.pictures = append(p.pictures, picture)
		}
	}
	if len(p.pictures) == 0 {
		return p, &DataError{fmt.Errorf("export: no image of the %s can be decoded", of)}
	}
	return p, nil
}

// madeUp returns a picture of coarse noise, wide, high or square.
func madeUp(i int) *image.NRGBA {
	rng := keyed("proof", uint64(i))
	w, h := 200+rng.IntN(200), 200+rng.IntN(200)
	coarse := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for at := range coarse.Pix {
		coarse.Pix[at] = uint8(rng.IntN(256))
		if at%4 == 3 {
			coarse.Pix[at] = 255
		}
	}
	return augment.Resample(coarse, augment.Box{X1: 8, Y1: 8}, w, h, augment.Bicubic)
}

// tensors returns what the model sees of the pictures, [N,3,size,size].
func (p proofPictures) tensors(v view) []float32 {
	image := 3 * v.size * v.size
	all := make([]float32, len(p.pictures)*image)
	for i, picture := range p.pictures {
		augment.ToTensor(all[i*image:][:image], v.pipeline.Apply(picture, nil), v.normalization)
	}
	return all
}

// prove reads a file back, runs it with kernels in plain Go, and compares its
// logits with those of the trained model.
func (x *exporter) prove(path string, p proofPictures) (Proof, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return Proof{}, err
	}
	return x.trained.prove(x.ctx, file, p, x.mustView(), x.tolerance())
}

// prove compares the trained model e with a file, and returns an error if they
// differ by more than t. It leaves e's graph of evaluation as it was.
func (e *engine) prove(ctx context.Context, file []byte, p proofPictures, v view, t tolerance) (Proof, error) {
	images := p.tensors(v)
	trained := &engine{model: e.model, backend: e.backend, size: e.size, values: e.values, running: e.running}
	want, err := trained.logitsOf(ctx, images)
	if err != nil {
		return Proof{}, err
	}
	b, err := openFile(file, "the written file")
	if err != nil {
		return Proof{}, err
	}
	plain := gokernel.NewPlain(runtime.GOMAXPROCS(0))
	defer plain.Close()
	got, err := newEngine(b.model, plain, e.size).logitsOf(ctx, images)
	if err != nil {
		return Proof{}, err
	}
	proof := Proof{
		Images: len(p.pictures), Of: p.of, Judge: "plain Go kernels", Difference: relative(got, want),
		Top1Agreement: agreement(got, want, len(p.pictures)),
	}
	if b.model.Preprocesses() {
		proof.NotRun = "the preprocessing in the file and its Softmax"
	}
	if proof.Onnxruntime, err = judge(file, b.model, p, images, want); err != nil {
		return proof, err
	}
	if !(proof.Difference <= t.difference) {
		trained.backend, trained.evaluation = plain, nil
		again, err := trained.logitsOf(ctx, images)
		if err != nil {
			return proof, err
		}
		proof.rounding = relative(again, want)
	}
	return proof, proof.check(t)
}

// logitsOf runs a new graph of evaluation on images, [N,3,size,size], a few at a
// time, and returns [N, classes].
func (e *engine) logitsOf(ctx context.Context, images []float32) ([]float32, error) {
	size := 3 * e.size * e.size
	count := len(images) / size
	batch := min(4, count)
	if err := e.compileEvaluation(batch); err != nil {
		return nil, err
	}
	classes := e.model.Classes()
	var all []float32
	for at := 0; at < count; at += batch {
		if ctx.Err() != nil {
			return nil, ErrInterrupted
		}
		rows := min(batch, count-at)
		group := make([]float32, batch*size)
		copy(group, images[at*size:][:rows*size])
		logits, err := e.logits(group)
		if err != nil {
			return nil, err
		}
		all = append(all, logits[:rows*classes]...)
	}
	return slices.Clip(all), nil
}

// agreement returns the share of the n rows whose largest number is at the same
// place.
func agreement(got, want []float32, n int) float64 {
	classes, same := len(want)/n, 0
	for row := range n {
		if argmax(got[row*classes:][:classes]) == argmax(want[row*classes:][:classes]) {
			same++
		}
	}
	return float64(same) / float64(n)
}
