//go:build linux && amd64 && !static

package onednn

import "runtime"

// A task is work for the executor.
type task interface{ do() error }

// An executor does tasks, one at a time, always on the same thread of the
// system: OpenMP keeps a pool of threads, and a number of them, for each thread
// that calls it.
type executor struct {
	tasks chan task
	done  chan error
}

func newExecutor() *executor {
	e := &executor{make(chan task), make(chan error)}
	go func() {
		runtime.LockOSThread() // The thread, and its OpenMP pool, end with the goroutine.
		for t := range e.tasks {
			e.done <- t.do()
		}
	}()
	return e
}

// do does t and returns its error.
func (e *executor) do(t task) error {
	e.tasks <- t
	return <-e.done
}

func (e *executor) close() { close(e.tasks) }

// taskFunc is a function as a task.
type taskFunc func() error

func (f taskFunc) do() error { return f() }
