package op

import (
	"math"
	"slices"
)

// The reductions of ONNX.
var (
	Sum = Reduction{"ReduceSum", sum, func(dx, _ []float64, _, dy float64) { fillWith(dx, dy) }}
	// Mean is the sum divided by the count.
	Mean = Reduction{"ReduceMean",
		func(x []float64) float64 { return sum(x) / float64(len(x)) },
		func(dx, x []float64, _, dy float64) { fillWith(dx, dy/float64(len(x))) }}
	// Largest and Smallest share the gradient among equal elements, as PyTorch
	// does.
	Largest  = Reduction{"ReduceMax", largest, extremeGrad}
	Smallest = Reduction{"ReduceMin", smallest, extremeGrad}
	Product  = Reduction{"ReduceProd", productOf, productGrad}
	L1       = Reduction{"ReduceL1", absoluteSum, func(dx, x []float64, _, dy float64) {
		for k, v := range x {
			dx[k] = dy * sign(v)
		}
	}}
	// L2 is √Σx², of which the gradient at the origin is taken for 0.
	L2     = Reduction{"ReduceL2", func(x []float64) float64 { return math.Sqrt(squareSum(x)) }, l2Grad}
	Square = Reduction{"ReduceSumSquare", squareSum, func(dx, x []float64, _, dy float64) {
		for k, v := range x {
			dx[k] = 2 * dy * v
		}
	}}
	LogSum = Reduction{"ReduceLogSum",
		func(x []float64) float64 { return math.Log(sum(x)) },
		func(dx, _ []float64, y, dy float64) { fillWith(dx, dy/math.Exp(y)) }}
	LogSumExp = Reduction{"ReduceLogSumExp", logSumExp, func(dx, x []float64, y, dy float64) {
		for k, v := range x {
			dx[k] = dy * math.Exp(v-y)
		}
	}}
)

// ArgMax and ArgMin return the index of the largest and the smallest element,
// of several the first or the last.
var (
	ArgMax     = Reduction{Label: "ArgMax", Value: func(x []float64) float64 { return float64(slices.Index(x, largest(x))) }}
	ArgMin     = Reduction{Label: "ArgMin", Value: func(x []float64) float64 { return float64(slices.Index(x, smallest(x))) }}
	LastArgMax = Reduction{Label: "ArgMax", Value: func(x []float64) float64 { return lastIndex(x, largest(x)) }}
	LastArgMin = Reduction{Label: "ArgMin", Value: func(x []float64) float64 { return lastIndex(x, smallest(x)) }}
)

func sum(x []float64) (total float64) {
	for _, v := range x {
		total += v
	}
	return total
}

func absoluteSum(x []float64) (total float64) {
	for _, v := range x {
		total += math.Abs(v)
	}
	return total
}

func squareSum(x []float64) (total float64) {
	for _, v := range x {
		total += v * v
	}
	return total
}

func productOf(x []float64) float64 {
	product := 1.0
	for _, v := range x {
		product *= v
	}
	return product
}

func largest(x []float64) float64 {
	y := math.Inf(-1)
	for _, v := range x {
		y = math.Max(y, v)
	}
	return y
}

func smallest(x []float64) float64 {
	y := math.Inf(1)
	for _, v := range x {
		y = math.Min(y, v)
	}
	return y
}

func logSumExp(x []float64) float64 {
	top := largest(x)
	if math.IsInf(top, 0) {
		return top
	}
	total := 0.0
	for _, v := range x {
		total += math.Exp(v - top)
	}
	return top + math.Log(total)
}

func extremeGrad(dx, x []float64, y, dy float64) {
	count := 0.0
	for _, v := range x {
		count += number(v == y)
	}
	for k, v := range x {
		dx[k] = dy * number(v == y) / count
	}
}

func productGrad(dx, x []float64, _, dy float64) {
	for k := range x {
		dx[k] = dy * productOf(x[:k]) * productOf(x[k+1:])
	}
}

func l2Grad(dx, x []float64, y, dy float64) {
	for k, v := range x {
		dx[k] = 0
		if y > 0 {
			dx[k] = dy * v / y
		}
	}
}

func lastIndex(x []float64, v float64) float64 {
	for k := len(x) - 1; k >= 0; k-- {
		if x[k] == v {
			return float64(k)
		}
	}
	return -1
}

func fillWith(dx []float64, v float64) {
	for k := range dx {
		dx[k] = v
	}
}
