//go:build linux && amd64 && !static

package onednn

import (
	"fmt"
	"unsafe"

	"finetune/internal/kernel"
	"finetune/internal/kernel/gokernel"
)

// A Backend implements kernel.Backend: the calls that its rule gives to oneDNN
// there, all others by gokernel.
//
// A call that the library cannot do, or fails in, is done by gokernel too;
// Refused says which.
type Backend struct {
	*gokernel.Backend
	lib      *library
	rule     Rule
	executor *executor

	engine, stream handle
	primitives     map[key]*primitive // Nil for what the library refused.
	refused        map[key]error
	call           call
	packed         []float32
	scratch        []float32
}

var _ kernel.Backend = (*Backend)(nil)

// A key is all that a primitive depends on.
type key struct {
	op             Op
	conv           kernel.Conv
	product        product
	bias, residual bool
	act            kernel.Activation
}

// Open opens the library with the given number of threads, or GOMAXPROCS if
// threads is not positive. Its error says why there is none.
func Open(threads int, rule Rule) (kernel.Backend, error) {
	b, err := newBackend(threads, rule)
	if err != nil {
		return nil, err
	}
	return b, nil
}

func newBackend(threads int, rule Rule) (*Backend, error) {
	lib, err := find()
	if err != nil {
		return nil, err
	}
	b := &Backend{
		Backend: gokernel.New(threads), lib: lib, rule: rule, executor: newExecutor(),
		primitives: map[key]*primitive{}, refused: map[key]error{},
	}
	if lib.setThreads == nil && b.Threads() > 1 {
		err = fmt.Errorf("the library is built for one thread, want %d", b.Threads())
	} else {
		err = b.executor.do(taskFunc(b.start))
	}
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// start makes the objects that all primitives share.
func (b *Backend) start() error {
	if b.lib.setThreads != nil {
		b.lib.setThreads(int32(b.Threads()))
	}
	if s := b.lib.engineCreate(&b.engine, engineCPU, 0); s != 0 {
		return statusError("dnnl_engine_create", s)
	}
	if s := b.lib.streamCreate(&b.stream, b.engine, streamInOrder); s != 0 {
		return statusError("dnnl_stream_create", s)
	}
	b.call.lib, b.call.stream = b.lib, b.stream
	return nil
}

// Name implements kernel.Backend.
func (b *Backend) Name() string {
	return fmt.Sprintf("onednn-%s-%s+%s", b.lib.version(), b.lib.isaName(), b.Backend.Name())
}

// Close implements kernel.Backend.
func (b *Backend) Close() {
	b.executor.do(taskFunc(func() error {
		for _, p := range b.primitives {
			if p != nil {
				p.free(b.lib)
			}
		}
		if b.stream != 0 {
			b.lib.streamDestroy(b.stream)
		}
		if b.engine != 0 {
			b.lib.engineDestroy(b.engine)
		}
		return nil
	}))
	b.executor.close()
	b.Backend.Close()
}

// Refused returns the reasons for which calls that the rule gives to oneDNN
// are done by gokernel, each with the first of these calls.
func (b *Backend) Refused() []error {
	var all []error
	seen := map[string]bool{}
	for k, err := range b.refused {
		if !seen[err.Error()] {
			seen[err.Error()] = true
			all = append(all, fmt.Errorf("%s %+v: %w", k.op, k.conv, err))
		}
	}
	return all
}

// run does the call of a key on b.call.operands. It reports false if the
// library does not do it.
func (b *Backend) run(k key) bool {
	p, known := b.primitives[k]
	if !known {
		p = b.build(k)
	}
	if p == nil {
		return false
	}
	c := &b.call
	c.p = p
	b.packed, b.scratch = grown(b.packed, p.floats[packed]), grown(b.scratch, p.floats[scratch])
	c.operands[packed], c.operands[scratch] = b.packed, b.scratch
	err := b.executor.do(c)
	c.p, c.operands = nil, [slots][]float32{}
	if err != nil {
		b.primitives[k], b.refused[k] = nil, err
	}
	return err == nil
}

// build makes the primitive of a key, or keeps the reason why there is none.
func (b *Backend) build(k key) *primitive {
	var p *primitive
	err := b.executor.do(taskFunc(func() (err error) {
		p, err = k.build(&builder{lib: b.lib, engine: b.engine, p: &primitive{}})
		return err
	}))
	if err != nil {
		b.refused[k] = err
	}
	b.primitives[k] = p
	return p
}

func (k key) build(b *builder) (*primitive, error) {
	if k.op == Product {
		b.product(k.product, k.bias)
		return b.finish()
	}
	s, err := shapeOf(k.conv)
	if err != nil {
		return nil, err
	}
	switch k.op {
	case Forward:
		b.convForward(s, k.bias, k.residual, k.act)
	case GradInput:
		b.convGradInput(s)
	case GradWeights:
		b.convGradWeights(s)
	}
	return b.finish()
}

// grown returns memory of at least n elements, aligned as the library wants:
// s if that is large enough.
func grown(s []float32, n int) []float32 {
	if len(s) >= n {
		return s
	}
	const line = 64 / 4
	s = make([]float32, n+line)
	skip := (line - int(uintptr(unsafe.Pointer(unsafe.SliceData(s)))/4%line)) % line
	return s[skip : skip+n]
}
