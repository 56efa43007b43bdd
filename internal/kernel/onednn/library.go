//go:build linux && amd64 && !static

package onednn

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ebitengine/purego"
)

// A handle is a pointer to an object of the library.
type handle uintptr

// dims is dnnl_dims_t.
type dims [12]int64

// status is dnnl_status_t.
type status int32

// version is dnnl_version_t.
type version struct {
	Major, Minor, Patch int32
	hash                *byte
	CPURuntime          uint32
	gpuRuntime          uint32
}

// library is the functions of libdnnl that are used, by their names in C
// without dnnl_.
type library struct {
	version         func() *version
	effectiveCPUISA func() int32

	engineCreate  func(engine *handle, kind int32, index uintptr) status
	engineDestroy func(engine handle) status
	streamCreate  func(stream *handle, engine handle, flags uint32) status
	streamDestroy func(stream handle) status

	memoryDescStrides func(md *handle, ndims int32, dims *dims, dataType int32, strides *dims) status
	memoryDescTag     func(md *handle, ndims int32, dims *dims, dataType int32, tag int32) status
	memoryDescDestroy func(md handle) status
	memoryDescSize    func(md handle) uintptr
	memoryDescEqual   func(a, b handle) int32
	memoryCreate      func(memory *handle, md, engine handle, data uintptr) status
	memoryDestroy     func(memory handle) status

	attrCreate        func(attr *handle) status
	attrDestroy       func(attr handle) status
	attrScratchpad    func(attr handle, mode int32) status
	attrPostOps       func(attr, postOps handle) status
	postOpsCreate     func(postOps *handle) status
	postOpsDestroy    func(postOps handle) status
	postOpsEltwise    func(postOps handle, alg int32, alpha, beta float32) status
	postOpsBinary     func(postOps handle, alg int32, md handle) status
	convForward       func(pd *handle, engine handle, prop, alg int32, src, weights, bias, dst handle, strides, dilates, padL, padR *dims, attr handle) status
	convGradInput     func(pd *handle, engine handle, alg int32, diffSrc, weights, diffDst handle, strides, dilates, padL, padR *dims, hint, attr handle) status
	convGradWeights   func(pd *handle, engine handle, alg int32, src, diffWeights, diffBias, diffDst handle, strides, dilates, padL, padR *dims, hint, attr handle) status
	matmul            func(pd *handle, engine, src, weights, bias, dst, attr handle) status
	reorder           func(pd *handle, src, srcEngine, dst, dstEngine, attr handle) status
	primitiveDescMD   func(pd handle, what, index int32) handle
	primitiveDescText func(pd handle, what, index int32, text **byte) status
	primitiveDescFree func(pd handle) status
	primitiveCreate   func(primitive *handle, pd handle) status
	primitiveDestroy  func(primitive handle) status

	// These are called for every operation, by their addresses: calls through
	// a func allocate.
	memorySetData, primitiveExecute uintptr

	// setThreads sets the number of threads of parallel regions that the
	// calling thread starts; nil if the library has no threads.
	setThreads func(n int32)
}

// symbols returns the variables of l and the names of what they hold.
func (l *library) symbols() map[string]any {
	return map[string]any{
		"dnnl_version":                                            &l.version,
		"dnnl_get_effective_cpu_isa":                              &l.effectiveCPUISA,
		"dnnl_engine_create":                                      &l.engineCreate,
		"dnnl_engine_destroy":                                     &l.engineDestroy,
		"dnnl_stream_create":                                      &l.streamCreate,
		"dnnl_stream_destroy":                                     &l.streamDestroy,
		"dnnl_memory_desc_create_with_strides":                    &l.memoryDescStrides,
		"dnnl_memory_desc_create_with_tag":                        &l.memoryDescTag,
		"dnnl_memory_desc_destroy":                                &l.memoryDescDestroy,
		"dnnl_memory_desc_get_size":                               &l.memoryDescSize,
		"dnnl_memory_desc_equal":                                  &l.memoryDescEqual,
		"dnnl_memory_create":                                      &l.memoryCreate,
		"dnnl_memory_destroy":                                     &l.memoryDestroy,
		"dnnl_memory_set_data_handle":                             &l.memorySetData,
		"dnnl_primitive_attr_create":                              &l.attrCreate,
		"dnnl_primitive_attr_destroy":                             &l.attrDestroy,
		"dnnl_primitive_attr_set_scratchpad_mode":                 &l.attrScratchpad,
		"dnnl_primitive_attr_set_post_ops":                        &l.attrPostOps,
		"dnnl_post_ops_create":                                    &l.postOpsCreate,
		"dnnl_post_ops_destroy":                                   &l.postOpsDestroy,
		"dnnl_post_ops_append_eltwise":                            &l.postOpsEltwise,
		"dnnl_post_ops_append_binary":                             &l.postOpsBinary,
		"dnnl_convolution_forward_primitive_desc_create":          &l.convForward,
		"dnnl_convolution_backward_data_primitive_desc_create":    &l.convGradInput,
		"dnnl_convolution_backward_weights_primitive_desc_create": &l.convGradWeights,
		"dnnl_matmul_primitive_desc_create":                       &l.matmul,
		"dnnl_reorder_primitive_desc_create":                      &l.reorder,
		"dnnl_primitive_desc_query_md":                            &l.primitiveDescMD,
		"dnnl_primitive_desc_query":                               &l.primitiveDescText,
		"dnnl_primitive_desc_destroy":                             &l.primitiveDescFree,
		"dnnl_primitive_create":                                   &l.primitiveCreate,
		"dnnl_primitive_destroy":                                  &l.primitiveDestroy,
		"dnnl_primitive_execute":                                  &l.primitiveExecute,
	}
}

// The enumerations, as include/oneapi/dnnl/dnnl_types.h has them in 3.0 to 3.7.
const (
	engineCPU     = 1
	streamInOrder = 1
	float32Data   = 3 // dnnl_f32
	formatAny     = 1
	userMode      = 1 // dnnl_scratchpad_mode_user

	propForwardTraining = 64
	algDirect           = 1 // dnnl_convolution_direct
	algRelu             = 0x20
	algClip             = 0x2e
	algBinaryAdd        = 0x1fff0

	queryImplementation = 8
	queryWeights        = 131
	queryDiffWeights    = 132
	queryScratchpad     = 136

	argSrc         = 1
	argDst         = 17
	argWeights     = 33
	argBias        = 41
	argScratchpad  = 80
	argDiffSrc     = 129
	argDiffDst     = 145
	argDiffWeights = 161
	argPostOp      = 32768 | 2 // Source 1 of the first operation after.

	runtimeSequential = 1
	runtimeOpenMP     = 2

	isaAVX2   = 0x7
	isaAVX512 = 0x27
)

// load opens a file and takes its functions.
func load(path string) (*library, error) {
	lib, err := purego.Dlopen(path, purego.RTLD_LAZY|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	l := &library{}
	symbols := l.symbols()
	for _, name := range slices.Sorted(maps.Keys(symbols)) {
		address, err := purego.Dlsym(lib, name)
		if err != nil {
			return nil, fmt.Errorf("%s has no function %s: want oneDNN 3", path, name)
		}
		variable := symbols[name]
		if p, ok := variable.(*uintptr); ok {
			*p = address
		} else {
			purego.RegisterFunc(variable, address)
		}
	}
	if address, err := purego.Dlsym(lib, "omp_set_num_threads"); err == nil {
		purego.RegisterFunc(&l.setThreads, address)
	}
	return l, l.check(path)
}

// check returns an error unless l is a version and a build that is understood.
func (l *library) check(path string) error {
	v := l.version()
	switch {
	case v.Major != 3:
		return fmt.Errorf("%s is oneDNN %d.%d, want 3", path, v.Major, v.Minor)
	case l.effectiveCPUISA()&isaAVX2 != isaAVX2:
		return fmt.Errorf("%s has no code for this processor: want AVX2", path)
	case v.CPURuntime == runtimeSequential:
		l.setThreads = nil
		return nil
	case v.CPURuntime != runtimeOpenMP || l.setThreads == nil:
		return fmt.Errorf("%s is built without OpenMP", path)
	}
	return nil
}

// isaName returns the instructions that the library uses, AVX2 or AVX512.
func (l *library) isaName() string {
	if l.effectiveCPUISA()&isaAVX512 == isaAVX512 {
		return AVX512
	}
	return AVX2
}

func (v *version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }
