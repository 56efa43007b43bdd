//go:build linux && amd64 && !static

package onnxruntime

import (
	"fmt"
	"runtime"
	"unsafe"
)

// A Session is a model that is loaded.
type Session struct {
	lib     *library
	session handle
}

// Open loads a model. The caller closes it.
func Open(model []byte) (*Session, error) {
	l, err := find()
	if err != nil {
		return nil, err
	}
	if len(model) == 0 {
		return nil, fmt.Errorf("onnxruntime: the model is empty")
	}
	var options handle
	if err := l.call(createSessionOptions, uintptr(unsafe.Pointer(&options))); err != nil {
		return nil, err
	}
	defer func() { l.release(releaseSessionOptions, options) }()
	if err := l.call(setIntraOpNumThreads, options, threads()); err != nil {
		return nil, err
	}
	s := &Session{lib: l}
	err = l.call(createSessionFromArray, l.env, uintptr(unsafe.Pointer(&model[0])), uintptr(len(model)), options, uintptr(unsafe.Pointer(&s.session)))
	runtime.KeepAlive(model)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Close frees the session.
func (s *Session) Close() {
	s.lib.release(releaseSession, s.session)
	s.session = 0
}

// Run runs the model on its one input and returns the output of the given name,
// which has to be of type float, row-major.
func (s *Session) Run(in Input, output string) ([]float32, error) {
	l := s.lib
	x, err := l.tensor(in)
	if err != nil {
		return nil, err
	}
	defer l.release(releaseValue, x)
	inputName, outputName := append([]byte(in.Name), 0), append([]byte(output), 0)
	var pins runtime.Pinner // Of what the arrays of pointers below point to.
	defer pins.Unpin()
	pins.Pin(&inputName[0])
	pins.Pin(&outputName[0])
	inputNames, outputNames := []*byte{&inputName[0]}, []*byte{&outputName[0]}
	inputs, outputs := []handle{x}, []handle{0}
	err = l.call(runSession, s.session, 0, uintptr(unsafe.Pointer(&inputNames[0])), uintptr(unsafe.Pointer(&inputs[0])), 1,
		uintptr(unsafe.Pointer(&outputNames[0])), 1, uintptr(unsafe.Pointer(&outputs[0])))
	runtime.KeepAlive(in)
	if err != nil {
		return nil, err
	}
	defer l.release(releaseValue, outputs[0])
	return l.floats(outputs[0])
}

// tensor makes a tensor that refers to the elements of in.
func (l *library) tensor(in Input) (handle, error) {
	elements := int64(1)
	for _, n := range in.Shape {
		elements *= n
	}
	data, size, typ := unsafe.Pointer(nil), 0, elementsFloat
	switch {
	case elements < 1 || len(in.Shape) == 0 || int64(max(len(in.Floats), len(in.Bytes))) != elements:
		return 0, fmt.Errorf("onnxruntime: input %q has %d elements, want those of shape %v", in.Name, max(len(in.Floats), len(in.Bytes)), in.Shape)
	case in.Floats != nil:
		data, size = unsafe.Pointer(&in.Floats[0]), 4*len(in.Floats)
	default:
		data, size, typ = unsafe.Pointer(&in.Bytes[0]), len(in.Bytes), elementsUint8
	}
	var value handle
	err := l.call(createTensorWithDataAsOrtValue, l.memory, uintptr(data), uintptr(size),
		uintptr(unsafe.Pointer(&in.Shape[0])), uintptr(len(in.Shape)), uintptr(typ), uintptr(unsafe.Pointer(&value)))
	return value, err
}

// floats copies the elements of a tensor.
func (l *library) floats(value handle) ([]float32, error) {
	var info handle
	if err := l.call(getTensorTypeAndShape, value, uintptr(unsafe.Pointer(&info))); err != nil {
		return nil, err
	}
	defer func() { l.release(releaseTensorTypeAndShapeInfo, info) }()
	var typ int32
	if err := l.call(getTensorElementType, info, uintptr(unsafe.Pointer(&typ))); err != nil {
		return nil, err
	}
	if typ != elementsFloat {
		return nil, fmt.Errorf("onnxruntime: the output is of element type %d, want %d, float", typ, elementsFloat)
	}
	var count uintptr
	if err := l.call(getTensorShapeElementCount, info, uintptr(unsafe.Pointer(&count))); err != nil {
		return nil, err
	}
	var data *float32
	if err := l.call(getTensorMutableData, value, uintptr(unsafe.Pointer(&data))); err != nil {
		return nil, err
	}
	return append([]float32{}, unsafe.Slice(data, count)...), nil
}
