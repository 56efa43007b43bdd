//go:build linux && amd64 && !static

package onednn

import (
	"fmt"
	"math"
	"strings"
	"unsafe"

	"finetune/internal/kernel"
)

// A builder makes a primitive. Its first error stays, and stops what follows.
type builder struct {
	lib       *library
	engine    handle
	p         *primitive
	temporary []func() // Frees what only building needs.
	err       error
}

// check keeps the error of a function's status, and reports whether all went
// well so far.
func (b *builder) check(function string, s status) bool {
	if b.err == nil && s != 0 {
		b.err = statusError(function, s)
	}
	return b.err == nil
}

// plain returns the descriptor of float32 data in memory, with strides in
// elements.
func (b *builder) plain(shape, strides []int) handle {
	var md handle
	if b.err == nil && b.check("dnnl_memory_desc_create_with_strides", b.lib.memoryDescStrides(&md, int32(len(shape)), dimsOf(shape...), float32Data, dimsOf(strides...))) {
		b.temporary = append(b.temporary, func() { b.lib.memoryDescDestroy(md) })
	}
	return md
}

// any returns a descriptor that leaves the order in memory to the primitive.
func (b *builder) any(shape []int) handle {
	var md handle
	if b.err == nil && b.check("dnnl_memory_desc_create_with_tag", b.lib.memoryDescTag(&md, int32(len(shape)), dimsOf(shape...), float32Data, formatAny)) {
		b.temporary = append(b.temporary, func() { b.lib.memoryDescDestroy(md) })
	}
	return md
}

// attributes returns those of all primitives here: the caller gives scratch
// memory, because the library's own is bound to a thread. After the operation
// the residual of descriptor md is added unless that is 0, then act applied.
func (b *builder) attributes(md handle, act kernel.Activation) handle {
	lib := b.lib
	var attr, ops handle
	if b.err != nil || !b.check("dnnl_primitive_attr_create", lib.attrCreate(&attr)) {
		return 0
	}
	b.temporary = append(b.temporary, func() { lib.attrDestroy(attr) })
	if !b.check("dnnl_primitive_attr_set_scratchpad_mode", lib.attrScratchpad(attr, userMode)) ||
		!b.check("dnnl_post_ops_create", lib.postOpsCreate(&ops)) {
		return attr
	}
	defer lib.postOpsDestroy(ops)
	if md != 0 {
		b.check("dnnl_post_ops_append_binary", lib.postOpsBinary(ops, algBinaryAdd, md))
	}
	if act.Kind == kernel.Clip {
		alg, alpha, beta := int32(algClip), act.Alpha, act.Beta
		if isRelu(act) {
			alg, beta = algRelu, 0
		}
		b.check("dnnl_post_ops_append_eltwise", lib.postOpsEltwise(ops, alg, alpha, beta))
	}
	b.check("dnnl_primitive_attr_set_post_ops", lib.attrPostOps(attr, ops))
	return attr
}

func isRelu(act kernel.Activation) bool {
	return act.Kind == kernel.Clip && act.Alpha == 0 && math.IsInf(float64(act.Beta), 1)
}

// description keeps a primitive descriptor while the primitive is built.
func (b *builder) description(function string, pd handle, s status) handle {
	if b.check(function, s) {
		b.temporary = append(b.temporary, func() { b.lib.primitiveDescFree(pd) })
	}
	return pd
}

// memory makes a memory object of the order md for an operand.
func (b *builder) memory(s slot, md handle) handle {
	m := memory{slot: s}
	if b.err == nil && b.check("dnnl_memory_create", b.lib.memoryCreate(&m.handle, md, b.engine, 0)) {
		b.p.memories = append(b.p.memories, m)
		b.p.floats[s] = max(b.p.floats[s], int(b.lib.memoryDescSize(md)+3)/4)
	}
	return m.handle
}

// weightsIn returns the memory of the weights in the order that a primitive
// wants, which is the caller's or one that a step copies them to.
func (b *builder) weightsIn(plain, wanted handle) handle {
	from := b.memory(weights, plain)
	if b.err != nil || b.lib.memoryDescEqual(plain, wanted) != 0 {
		return from
	}
	to := b.memory(packed, wanted)
	b.reorder(plain, from, wanted, to)
	return to
}

// reorder adds the step that copies a matrix from one order to another.
func (b *builder) reorder(fromMD, from, toMD, to handle) {
	attr := b.attributes(0, kernel.Activation{})
	if b.err != nil {
		return
	}
	var pd handle
	status := b.lib.reorder(&pd, fromMD, b.engine, toMD, b.engine, attr)
	pd = b.description("dnnl_reorder_primitive_desc_create", pd, status)
	b.step(pd, arg(argSrc, from), arg(argDst, to))
}

// step adds the execution of a described primitive.
func (b *builder) step(pd handle, args ...execArg) {
	if b.err != nil {
		return
	}
	if md := b.lib.primitiveDescMD(pd, queryScratchpad, 0); md != 0 && b.lib.memoryDescSize(md) > 0 {
		args = append(args, arg(argScratchpad, b.memory(scratch, md)))
	}
	s := step{args: args}
	if b.check("dnnl_primitive_create", b.lib.primitiveCreate(&s.primitive, pd)) {
		b.p.steps = append(b.p.steps, s)
	}
}

// fast keeps an error if the primitive has only the library's reference code.
func (b *builder) fast(pd handle) {
	var text *byte
	if b.err == nil && b.check("dnnl_primitive_desc_query", b.lib.primitiveDescText(pd, queryImplementation, 0, &text)) {
		if name := goString(text); strings.Contains(name, "ref") {
			b.err = fmt.Errorf("no fast code: %s", name)
		}
	}
}

// finish frees what only building needed.
func (b *builder) finish() (*primitive, error) {
	for _, free := range b.temporary {
		free()
	}
	if b.err != nil {
		b.p.free(b.lib)
		return nil, b.err
	}
	return b.p, nil
}

func arg(index int32, memory handle) execArg { return execArg{arg: index, memory: memory} }

func dimsOf(values ...int) *dims {
	var d dims
	for i, v := range values {
		d[i] = int64(v)
	}
	return &d
}

// goString copies a string of C.
func goString(p *byte) string {
	var s []byte
	for ; p != nil && *p != 0; p = (*byte)(unsafe.Add(unsafe.Pointer(p), 1)) {
		s = append(s, *p)
	}
	return string(s)
}
