// Package onednn is a backend that lets oneDNN 3 compute convolutions and
// products of matrices, and package gokernel everything else.
//
// The library (https://github.com/uxlfoundation/oneDNN) is a guest: it is
// looked for when the program runs, and nothing needs it. It is the file that
// the environment variable FINETUNE_ONEDNN names, else the libdnnl.so.3 that
// the system's loader finds.
//
// Which calls it takes is a [Rule] on their shapes, never a timing, so that a
// run can be repeated. Unlike gokernel's, its results have the same bytes only
// at the same number of threads.
//
// Other systems than Linux on amd64, and builds with the tag static, have
// [Find] and [Open] return errors that say so.
package onednn
