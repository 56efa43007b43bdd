//go:build linux && amd64 && !static

package onnxruntime

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// A function is the index of a function in the table OrtApi.
type function int

// Functions of version 1 of the API.
const (
	getErrorMessage                function = 2
	createEnv                      function = 3
	createSessionFromArray         function = 8
	runSession                     function = 9
	createSessionOptions           function = 10
	setIntraOpNumThreads           function = 24
	createTensorWithDataAsOrtValue function = 49
	getTensorMutableData           function = 51
	getTensorElementType           function = 60
	getTensorShapeElementCount     function = 64
	getTensorTypeAndShape          function = 65
	createCPUMemoryInfo            function = 69
	releaseStatus                  function = 93
	releaseSession                 function = 95
	releaseValue                   function = 96
	releaseTensorTypeAndShapeInfo  function = 99
	releaseSessionOptions          function = 100

	apiFunctions = 102 // Of version 1.
)

// Enumerations of the API.
const (
	apiVersion     = 1
	logErrors      = 3 // ORT_LOGGING_LEVEL_ERROR
	arenaAllocator = 1 // OrtArenaAllocator
	memoryDefault  = 0 // OrtMemTypeDefault
	elementsFloat  = 1 // ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT
	elementsUint8  = 2
	mostThreads    = 8
	notFound       = "cannot open shared object file"
)

// sonames are the names that the loader is asked for.
var sonames = []string{"libonnxruntime.so.1", "libonnxruntime.so"}

// A handle is a pointer to an object of the library.
type handle = uintptr

// A library is an open library, its table of functions, and what all sessions
// share.
type library struct {
	Library
	functions *[apiFunctions]uintptr
	env       handle
	memory    handle
}

// find loads the library once in the life of the process.
var find = sync.OnceValues(func() (*library, error) {
	if named := os.Getenv(Variable); named != "" {
		return load(named)
	}
	for _, name := range sonames {
		l, err := load(name)
		if err == nil || !strings.Contains(err.Error(), notFound) {
			return l, err
		}
	}
	return nil, fmt.Errorf("onnxruntime: libonnxruntime.so not found: set %s to its path", Variable)
})

// Find returns the library that Open would use, or why there is none.
func Find() (Library, error) {
	l, err := find()
	if err != nil {
		return Library{}, err
	}
	return l.Library, nil
}

// load opens a file and takes its table of functions.
func load(path string) (*library, error) {
	lib, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("onnxruntime: %w", err)
	}
	address, err := purego.Dlsym(lib, "OrtGetApiBase")
	if err != nil {
		return nil, fmt.Errorf("onnxruntime: %s has no function OrtGetApiBase", path)
	}
	// OrtApiBase holds GetApi and GetVersionString.
	var apiBase func() *[2]uintptr
	purego.RegisterFunc(&apiBase, address)
	base := apiBase()
	var getAPI func(version uint32) *[apiFunctions]uintptr
	var versionString func() string
	purego.RegisterFunc(&getAPI, base[0])
	purego.RegisterFunc(&versionString, base[1])
	l := &library{Library: Library{path, versionString()}, functions: getAPI(apiVersion)}
	if l.functions == nil {
		return nil, fmt.Errorf("onnxruntime: %s, version %s, has no API of version %d", path, l.Version, apiVersion)
	}
	name := []byte("finetune\x00")
	if err := l.call(createEnv, logErrors, uintptr(unsafe.Pointer(&name[0])), uintptr(unsafe.Pointer(&l.env))); err != nil {
		return nil, err
	}
	return l, l.call(createCPUMemoryInfo, arenaAllocator, memoryDefault, uintptr(unsafe.Pointer(&l.memory)))
}

// call calls a function that returns OrtStatus*, and makes an error of that.
//
//go:uintptrescapes
func (l *library) call(f function, arguments ...uintptr) error {
	status, _, _ := purego.SyscallN(l.functions[f], arguments...)
	if status == 0 {
		return nil
	}
	var message func(status uintptr) string
	purego.RegisterFunc(&message, l.functions[getErrorMessage])
	text := message(status)
	l.release(releaseStatus, status)
	return errors.New("onnxruntime: " + text)
}

// release frees an object, if there is one.
func (l *library) release(f function, object handle) {
	if object != 0 {
		purego.SyscallN(l.functions[f], object)
	}
}

// threads returns how many threads a session computes with.
func threads() uintptr { return uintptr(cmp.Or(min(mostThreads, runtime.GOMAXPROCS(0)), 1)) }
