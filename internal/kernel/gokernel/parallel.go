package gokernel

// parallelJob is work of a caller's own.
type parallelJob struct{ do func(i int) }

func (j *parallelJob) chunk(_ *worker, i int) { j.do(i) }

// Parallel implements kernel.Backend.
func (b *Backend) Parallel(n int, do func(i int)) {
	j := &b.jobs.parallel
	j.do = do
	b.workers.run(j, n)
	j.do = nil
}
