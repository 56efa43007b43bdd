package weights

import _ "embed"

// embedded is the ONNX of the first row of the table; its origin and licence
// are in README.md.
//
//go:embed efficientnet_lite0.onnx
var embedded []byte
