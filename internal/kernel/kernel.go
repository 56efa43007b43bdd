// Package kernel is the seam between the virtual machine and the code that
// computes: the operations a backend offers, on plain float32 slices.
//
// Buffers are physical. An activation of logical shape [N, C, H, W] lies in
// memory as NHWC, and is handed to most operations as a matrix of
// rows = N·H·W by cols = C. A convolution weight of logical shape
// [O, I/groups, KH, KW] (OIHW) lies in memory as HWIO: [KH, KW, I/groups, O].
// A matrix is row-major. Slices have exactly the length that the shape says;
// a backend panics, with the numbers, on any other length.
//
// Destinations come first and never overlap sources, unless the method says
// that they may. A destination is overwritten, not added to.
package kernel

// A Backend computes. It is safe for use by one goroutine at a time; it spreads
// the work over Threads workers itself, and gives the same bytes whatever their
// number. After the first call with given shapes it does not allocate.
type Backend interface {
	// Name is what a user reads, such as "go-avx2".
	Name() string
	// Threads is the number of workers, at least 1.
	Threads() int
	// Close ends the workers. The backend cannot be used after it.
	Close()
	// LargePages reports whether the operands should lie on large pages of
	// memory, where the system has them.
	LargePages() bool
	// Parallel calls do(0) … do(n-1), in any order and at once, on the workers,
	// and returns when all of them have.
	Parallel(n int, do func(i int))
	// Loops returns the loops of the same instructions for Parallel's parts.
	Loops() Loops

	// Conv computes y = act(conv(x, w·scale) + bias + residual).
	//
	// x is NHWC [N,H,W,C], w HWIO [KernelH,KernelW,C/Groups,OutC], scale [OutC]
	// or nil, bias [OutC] or nil, residual like y or nil, y NHWC [N,OutH,OutW,OutC].
	// scale must be nil unless ScalesWeights(g).
	Conv(y, x, w, scale, bias, residual []float32, g Conv, act Activation)
	// ConvGradInput computes dx, like x of Conv, from dy, like y of Conv.
	ConvGradInput(dx, dy, w, scale []float32, g Conv)
	// ConvGradInputFinish is ConvGradInput, and takes dx through what f says.
	ConvGradInputFinish(dx, dy, w, scale []float32, g Conv, f GradFinish)
	// ScalesWeights reports whether the three above multiply the weights of g by a scale as
	// they copy them, which saves to do it before.
	ScalesWeights(g Conv) bool
	// ConvGradWeights computes dw, like w of Conv.
	ConvGradWeights(dw, x, dy []float32, g Conv)
	// ConvGrads is ConvGradWeights and ConvGradInputFinish of the same dy.
	ConvGrads(dw, dx, x, dy, w, scale []float32, g Conv, f GradFinish)
	// JoinsGrads reports whether ConvGrads of g reads its operands once for both, which
	// saves time.
	JoinsGrads(g Conv) bool

	// MatMul computes c = op(a)·op(b) + bias, c [m,n], op(a) [m,k], op(b)
	// [k,n]; with transA a is stored [k,m], with transB b is stored [n,k].
	// bias is [n], added to each row, or nil.
	MatMul(c, a, b, bias []float32, m, n, k int, transA, transB bool)
	// MatMulStack computes the products of a list: c = op(a)·op(b) of matrices
	// that begin at its offsets, whose rows lie as far apart as s says. What is
	// between the rows of c stays as it is.
	MatMulStack(c, a, b []float32, list []Product, s Stack)
	// MatMulStackSoftmax is MatMulStack, and takes each row of the products to its
	// Softmax; or, if y is not nil, through SoftmaxGrad of the y that lies as c does.
	MatMulStackSoftmax(c, a, b, y []float32, list []Product, s Stack)

	// Permute copies all elements of src to dst in another order: element Σ i·From
	// of src is Σ i·To of dst. The axes are in the order of dst, outermost first.
	Permute(dst, src []float32, axes []Axis)

	// Activate computes y = act(x). y may be x.
	Activate(y, x []float32, act Activation)
	// ActivateGrad computes dx = dy·act'(x). Kinds for which
	// Activation.FromOutput is true read y alone and x may be nil; the others
	// read x alone. dx may be dy.
	ActivateGrad(dx, dy, x, y []float32, act Activation)
	// ActivateGradSums is ActivateGrad, and sums[c] = Σ over rows of dx[·,c].
	ActivateGradSums(dx, sums, dy, x, y []float32, rows, cols int, act Activation)

	// Add computes y = a + b. y may be a or b.
	Add(y, a, b []float32)
	// Mul computes y = a·b elementwise. y may be a or b.
	Mul(y, a, b []float32)

	// Affine computes y[r,c] = act(x[r,c]·scale[c] + shift[c] + residual[r,c]).
	// shift and residual may be nil; y may be x or residual.
	Affine(y, x, scale, shift, residual []float32, rows, cols int, act Activation)
	// ColumnSums computes sums[c] = Σ over r of x[r,c].
	ColumnSums(sums, x []float32, rows, cols int)
	// ColumnDots computes dots[c] = Σ over r of a[r,c]·b[r,c].
	ColumnDots(dots, a, b []float32, rows, cols int)
	// ScaleDots is ColumnDots, and computes y[r,c] = a[r,c]·scale[c]. y may be a.
	ScaleDots(y, dots, a, b, scale []float32, rows, cols int)

	// BatchStatistics computes over rows the mean and the biased variance.
	BatchStatistics(mean, variance, x []float32, rows, cols int)
	// BatchNormGradSums computes sumDy[c] = Σ dy[r,c] and
	// sumDyXhat[c] = Σ dy[r,c]·(x[r,c]−mean[c])·invStd[c].
	BatchNormGradSums(sumDy, sumDyXhat, dy, x, mean, invStd []float32, rows, cols int)
	// BatchNormGradInput computes the gradient through normalization by batch
	// statistics (Ioffe and Szegedy, 2015, section 3):
	// dx = gamma·invStd·(dy − sumDy/rows − xhat·sumDyXhat/rows). dx may be dy.
	BatchNormGradInput(dx, dy, x, mean, invStd, gamma, sumDy, sumDyXhat []float32, rows, cols int)

	// Softmax computes y = exp(x)/Σ exp(x) along the middle axis of [outer, size,
	// inner]. y may be x.
	Softmax(y, x []float32, outer, size, inner int)
	// SoftmaxGrad computes dx = y·(dy − Σ dy·y) along it. dx may be dy.
	SoftmaxGrad(dx, dy, y []float32, outer, size, inner int)
	// LayerNorm computes y = (x−mean)·invStd·scale + bias (Ba et al., 2016), with
	// the mean of each row and invStd = 1/√(variance + epsilon), which it returns
	// in mean and invStd, [rows]. scale and bias are [cols] or nil. y may be x.
	LayerNorm(y, mean, invStd, x, scale, bias []float32, rows, cols int, epsilon float32)
	// LayerNormGrad computes the gradients of LayerNorm: with g = dy·scale and
	// xhat = (x−mean)·invStd, dx = invStd·(g − mean(g) − xhat·mean(g·xhat)),
	// dscale = Σ over rows of dy·xhat, and dbias = Σ over rows of dy. Any of them
	// may be nil, and scale too. dx may be dy.
	LayerNormGrad(dx, dscale, dbias, dy, x, scale, mean, invStd []float32, rows, cols int)

	// MaxPool computes y and argmax, the index into x of each maximum (the
	// first one in row-major window order). Padding never wins.
	MaxPool(y []float32, argmax []int32, x []float32, g Pool)
	// MaxPoolGrad computes dx, zero where no window had its maximum.
	MaxPoolGrad(dx, dy []float32, argmax []int32, g Pool)
	// AveragePool computes y; padding counts in the divisor if
	// g.CountIncludePad. Global pooling is a window of H×W.
	AveragePool(y, x []float32, g Pool)
	// AveragePoolGrad computes dx.
	AveragePoolGrad(dx, dy []float32, g Pool)

	// SoftmaxCrossEntropy returns the mean over rows that count of
	// −Σ target·log softmax(logits), and fills dlogits [rows,classes] with its
	// gradient unless that is nil. labels [rows,classes] holds a distribution
	// per row; an all-zero row is padding: it does not count and its gradient
	// is zero. The target is (1−smoothing)·label + smoothing/classes.
	SoftmaxCrossEntropy(dlogits, logits, labels []float32, rows, classes int, smoothing float32) float32
}

// A Product says where the matrices of one product of a stack begin.
type Product struct{ C, A, B int }

// A Stack is the geometry of products c = op(a)·op(b) of one size: c [M,N],
// op(a) [M,K], op(b) [K,N].
type Stack struct {
	M, N, K        int
	TransA, TransB bool // a is stored [K,M], b [N,K].
	LdA, LdB, LdC  int  // Elements from one row to the next, as stored.
}

// Packed returns s with rows that lie one after the other.
func (s Stack) Packed() Stack {
	s.LdA, s.LdB, s.LdC = s.K, s.N, s.N
	if s.TransA {
		s.LdA = s.M
	}
	if s.TransB {
		s.LdB = s.K
	}
	return s
}

// An Axis is an axis of a tensor: its size, and how far neighbours along it lie
// apart in the destination and in the source.
type Axis struct{ Size, To, From int }

// A GradFinish is what follows a gradient dx with respect to the input of a
// convolution, where that input is Y = Act(…): (dx + Plus)·Act'(Y), and the sums over
// rows of it that the operator before Act needs.
type GradFinish struct {
	Plus []float32  // Gradient by way of what else reads Y, like dx, or nil.
	Act  Activation // One for which FromOutput is true.
	Y    []float32  // Like dx; nil for Identity.
	Sums []float32  // [C]: Σ dx[·,c].

	// X is the input of a normalization before Act, like dx, or nil without one.
	X            []float32
	Mean, InvStd []float32 // [C]: its statistics.
	SumsXhat     []float32 // [C]: Σ dx[·,c]·(X[·,c]−Mean[c])·InvStd[c].
}

// Conv is the geometry of a two-dimensional convolution.
type Conv struct {
	N, H, W, C       int // Input.
	OutH, OutW, OutC int
	KernelH, KernelW int
	StrideH, StrideW int
	DilationH        int
	DilationW        int
	PadTop, PadLeft  int // Padding below and to the right follows from the output size.
	Groups           int
}

// Pool is the geometry of a two-dimensional pooling window over NHWC.
type Pool struct {
	N, H, W, C       int
	OutH, OutW       int
	KernelH, KernelW int
	StrideH, StrideW int
	DilationH        int
	DilationW        int
	PadTop, PadLeft  int
	// PadBottom and PadRight are the declared padding: with CountIncludePad
	// the divisor counts positions up to H+PadBottom, not beyond it (ceil_mode
	// may reach further).
	PadBottom, PadRight int
	CountIncludePad     bool
}
