package finetune

import (
	"image"
	"math"

	"finetune/importer"
	"finetune/internal/onnxruntime"
)

// judge lets onnxruntime run a file on the pictures of a proof, and compares
// with the logits [N, classes] that are wanted. images is what the model sees of
// the pictures, [N,3,H,W]; a file that preprocesses images gets the pictures one
// by one, and its probabilities are compared. Without the library it is nil.
func judge(file []byte, m *importer.Model, p proofPictures, images, want []float32) (*Judgement, error) {
	library, err := onnxruntime.Find()
	if err != nil {
		return nil, nil
	}
	s, err := onnxruntime.Open(file)
	if err != nil {
		return nil, &ModelError{err}
	}
	defer s.Close()
	n := len(p.pictures)
	name, output := m.Ends()
	size := math.Sqrt(float64(len(images) / (3 * n)))
	in := onnxruntime.Input{Name: name, Shape: []int64{1, 3, int64(size), int64(size)}}
	var got []float32
	for i, picture := range p.pictures {
		one := images[i*len(images)/n:][:len(images)/n]
		switch {
		case m.Preprocesses():
			in.Shape, in.Bytes = []int64{1, int64(picture.Rect.Dy()), int64(picture.Rect.Dx()), 3}, rgb(picture)
		case m.Layout() == "NHWC":
			in.Shape, in.Floats = []int64{1, int64(size), int64(size), 3}, channelsLast(one)
		default:
			in.Floats = one
		}
		row, err := s.Run(in, output)
		if err != nil {
			return nil, &ModelError{err}
		}
		got = append(got, row...)
	}
	j := &Judgement{Version: library.Version, Top1Agreement: agreement(got, want, n)}
	if !m.Preprocesses() {
		j.Difference = relative(got, want)
		return j, nil
	}
	classes := len(want) / n
	for i := range n {
		for class, probability := range softmax(want[i*classes:][:classes]) {
			j.Difference = math.Max(j.Difference, math.Abs(float64(got[i*classes+class])-probability)) // NaN stays.
		}
	}
	return j, nil
}

// channelsLast returns a [3,H,W] image as [H,W,3].
func channelsLast(image []float32) []float32 {
	plane := len(image) / 3
	out := make([]float32, len(image))
	for i, v := range image {
		out[i%plane*3+i/plane] = v
	}
	return out
}

// rgb returns the pixels of a picture, 3 bytes each.
func rgb(m *image.NRGBA) []byte {
	out := make([]byte, 0, len(m.Pix)/4*3)
	for y := range m.Rect.Dy() {
		row := m.Pix[y*m.Stride:][:4*m.Rect.Dx()]
		for ; len(row) > 0; row = row[4:] {
			out = append(out, row[:3]...)
		}
	}
	return out
}
