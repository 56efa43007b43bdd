package op

// GlobalAveragePool is ONNX GlobalAveragePool: [N,C,H,W] to [N,C,1,1].
type GlobalAveragePool struct{}
