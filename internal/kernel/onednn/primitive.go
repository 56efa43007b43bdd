//go:build linux && amd64 && !static

package onednn

import (
	"fmt"
	"unsafe"

	"github.com/ebitengine/purego"
)

// A slot says which operand of a call a memory object stands for.
type slot int

// Operands of a call.
const (
	source  slot = iota // Of the forward direction: x or dx, a.
	weights             // w or dw, b.
	biases
	destination // y or dy, c.
	residuals
	packed  // The weights in the order that the primitive wants.
	scratch // What the primitive needs for itself.
	slots
)

// execArg is dnnl_exec_arg_t.
type execArg struct {
	arg    int32
	_      int32
	memory handle
}

// A step is the execution of one primitive of the library.
type step struct {
	primitive handle
	args      []execArg
}

// A memory is a memory object that stands for an operand.
type memory struct {
	handle handle
	slot   slot
}

// A primitive is an operation on a shape: the convolution or product, and the
// reorder of its weights before or after it.
type primitive struct {
	steps    []step
	memories []memory
	floats   [slots]int // Lengths of the operands.
}

// A call is the execution of a primitive on operands.
type call struct {
	lib      *library
	stream   handle
	p        *primitive
	operands [slots][]float32
	args     [4]uintptr // Of a function of the library.
}

// do implements task.
func (c *call) do() error {
	for _, m := range c.p.memories {
		data := unsafe.Pointer(unsafe.SliceData(c.operands[m.slot]))
		if s := c.invoke(c.lib.memorySetData, uintptr(m.handle), uintptr(data)); s != 0 {
			return statusError("dnnl_memory_set_data_handle", s)
		}
	}
	for _, step := range c.p.steps {
		args := unsafe.Pointer(unsafe.SliceData(step.args))
		if s := c.invoke(c.lib.primitiveExecute, uintptr(step.primitive), uintptr(c.stream), uintptr(len(step.args)), uintptr(args)); s != 0 {
			return statusError("dnnl_primitive_execute", s)
		}
	}
	return nil
}

// invoke calls a function of the library. What its arguments point to is kept
// alive by c; a list of arguments of their own would be memory for each call.
func (c *call) invoke(function uintptr, args ...uintptr) status {
	n := copy(c.args[:], args)
	s, _, _ := purego.SyscallN(function, c.args[:n]...)
	return status(s)
}

// statusError returns an error for what a function of the library returned.
func statusError(function string, s status) error {
	names := [...]string{"success", "out of memory", "invalid arguments", "unimplemented", "last implementation reached", "runtime error", "not required"}
	if s >= 0 && int(s) < len(names) {
		return fmt.Errorf("%s: %s", function, names[s])
	}
	return fmt.Errorf("%s: status %d", function, s)
}

// free gives the objects of p back to the library.
func (p *primitive) free(lib *library) {
	for _, s := range p.steps {
		lib.primitiveDestroy(s.primitive)
	}
	for _, m := range p.memories {
		lib.memoryDestroy(m.handle)
	}
}
