package finetune

// notCounted is the label of a row that does not count.
const notCounted = -1

// A Batch is the unit of training and evaluation. Rows beyond the last sample,
// and rows whose image could not be decoded, do not count: they repeat images
// of rows that do, so that the statistics of a batch mean something.
type Batch struct {
	Step    int       // Of the plan, counted from 0.
	Images  []float32 // [N, 3, H, W], as the backbone wants its input.
	Labels  []int     // [N], each in [0, numClasses), or -1 for a row that does not count.
	Samples []int     // Index of the example of each row that holds one; shorter than N in the last batch.

	errs []error // [N], why a row could not be decoded.
}

func newBatch(n, imageSize int) *Batch {
	return &Batch{Images: make([]float32, n*imageSize), Labels: make([]int, n), errs: make([]error, n)}
}

// image returns the part of Images that is a row's.
func (b *Batch) image(row int) []float32 {
	size := len(b.Images) / len(b.Labels)
	return b.Images[row*size : (row+1)*size : (row+1)*size]
}

// start makes b an empty batch for samples.
func (b *Batch) start(step int, samples []int) {
	b.Step, b.Samples = step, samples
	for row := range b.Labels {
		b.Labels[row], b.errs[row] = notCounted, nil
	}
}

// pad fills the rows that do not count with the images of those that do, one
// after the other; with zero if there are none.
func (b *Batch) pad() {
	next, counted := 0, b.Counted()
	for row, label := range b.Labels {
		if label != notCounted {
			continue
		}
		if counted == 0 {
			clear(b.image(row))
			continue
		}
		for b.Labels[next] == notCounted {
			next = (next + 1) % len(b.Labels)
		}
		copy(b.image(row), b.image(next))
		next = (next + 1) % len(b.Labels)
	}
}

// Counted returns the number of rows that count.
func (b *Batch) Counted() int {
	n := 0
	for _, label := range b.Labels {
		if label != notCounted {
			n++
		}
	}
	return n
}

// oneHot fills dst, [N, classes], with a row for each label; a row that does
// not count is all zero.
func oneHot(dst []float32, labels []int) {
	clear(dst)
	classes := len(dst) / len(labels)
	for row, label := range labels {
		if label != notCounted {
			dst[row*classes+label] = 1
		}
	}
}
