// Package onnxfile reads, patches and writes ONNX files without trusting them.
//
// [Parse] takes the bytes of a file in two passes. The first, scan, walks the
// protobuf wire format and allocates nothing: it bounds nesting, counts and
// lengths. The second decodes into the small structs here, which refer to the
// bytes of the file for everything large and for everything this package does
// not know, so a file that is written back loses nothing. [Model.WriteTo]
// writes the fields of each message by ascending number, as protobuf's own
// writers do; messages that were not changed keep their bytes.
//
// A message that was read is written back verbatim until one of its Set
// methods is called; assigning to its fields alone changes nothing in the file.
//
// https://onnx.ai/onnx/repo-docs/IR.html,
// https://protobuf.dev/programming-guides/encoding/
package onnxfile
