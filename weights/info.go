// Package weights is the table of pretrained backbones: where each comes from,
// its hash and licence, and the preprocessing it was trained with. One of them
// is embedded in the binary.
package weights

// An Info describes a pretrained backbone.
type Info struct {
	Name       string // As arch.origin, such as "efficientnet_lite0.google".
	URL        string // Where the ONNX is fetched; "" when embedded.
	Mirror     string // Another place with the same bytes; "" when there is none.
	SHA256     string // Of the file, hexadecimal.
	Bytes      int64
	Licence    string // SPDX identifier.
	Source     string // Who trained it, in a line.
	Classifier string // Name of the output tensor that holds the class scores.

	Preprocessing
}

// Preprocessing is what a model wants done to an image before it sees it:
// centre crop, resize, channel order and normalization, in that order.
type Preprocessing struct {
	InputSize     int        `json:"input_size"`    // Height and width of the input, pixels.
	Crop          float64    `json:"crop"`          // Side of the centre crop as a share of the short side, such as 0.875.
	Interpolation string     `json:"interpolation"` // "bicubic" or "bilinear", with antialiasing as in Pillow.
	Channels      string     `json:"channels"`      // "RGB" or "BGR".
	Layout        string     `json:"layout"`        // "NCHW" or "NHWC".
	Mean          [3]float64 `json:"mean"`          // In Channels order, on 0..255: input = (pixel − Mean)/Std.
	Std           [3]float64 `json:"std"`
}
