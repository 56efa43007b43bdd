package onnxfile

import (
	"fmt"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// MaxFile is how many bytes a file may have; it is protobuf's own limit.
const MaxFile = math.MaxInt32

// Limits that a file is held to before anything is allocated for it. ResNet-152
// has 10,000 messages and names.
const (
	maxDepth  = 48      // Messages in messages; a subgraph takes three.
	maxItems  = 1 << 16 // Messages and names, each of which costs up to 600 bytes of memory.
	maxNumber = 1 << 20 // Elements of repeated attributes and dimensions.
	maxOther  = 1 << 17 // Fields of other kinds, each of which costs up to 80 bytes.
	maxInt32  = 1 << 26 // Bytes of int32_data, where one byte may be an element of half precision.
	maxName   = 1 << 12 // Bytes of a name.
)

// A kind is a message type of onnx.proto, as far as its nesting matters.
type kind struct {
	name     string
	messages map[protowire.Number]*kind // Fields that hold messages.
	names    []protowire.Number         // Fields that hold names.
	numbers  []protowire.Number         // Repeated numeric fields.
	elements []protowire.Number         // Fields that hold elements of tensors, which stay in the file.
}

// modelKind is the root of the part of onnx.proto that is decoded here.
var modelKind = func() *kind {
	entry := &kind{name: "StringStringEntryProto"}
	dim := &kind{name: "Dimension", names: []protowire.Number{2}}
	shape := &kind{name: "TensorShapeProto", messages: map[protowire.Number]*kind{1: dim}}
	tensorType := &kind{name: "TypeProto.Tensor", messages: map[protowire.Number]*kind{2: shape}}
	typ := &kind{name: "TypeProto", messages: map[protowire.Number]*kind{1: tensorType}}
	valueInfo := &kind{name: "ValueInfoProto", messages: map[protowire.Number]*kind{2: typ}, names: []protowire.Number{1}}
	tensor := &kind{name: "TensorProto", messages: map[protowire.Number]*kind{13: entry}, names: []protowire.Number{8}, numbers: []protowire.Number{1},
		elements: []protowire.Number{floatData, int32Data, stringData, int64Data, rawData, doubleData, uint64Data}}
	attribute := &kind{name: "AttributeProto", names: []protowire.Number{1, 9}, numbers: []protowire.Number{7, 8}}
	node := &kind{name: "NodeProto", messages: map[protowire.Number]*kind{5: attribute}, names: []protowire.Number{1, 2, 3, 4, 7}}
	graph := &kind{name: "GraphProto", names: []protowire.Number{2}, messages: map[protowire.Number]*kind{
		1: node, 5: tensor, 11: valueInfo, 12: valueInfo, 13: valueInfo, 15: {name: "SparseTensorProto"},
	}}
	attribute.messages = map[protowire.Number]*kind{5: tensor, 6: graph, 10: tensor, 11: graph}
	opset := &kind{name: "OperatorSetIdProto", names: []protowire.Number{1}}
	return &kind{name: "ModelProto", messages: map[protowire.Number]*kind{7: graph, 8: opset, 14: entry}}
}()

// A scanner counts what a file would allocate.
type scanner struct{ items, numbers, others, int32s int }

// scan checks the wire format of a model and its sizes. It allocates nothing
// that grows with the file.
func scan(data []byte) error {
	if len(data) == 0 {
		return fmt.Errorf("%w: the file is empty", ErrTruncated)
	}
	if len(data) > MaxFile {
		return fmt.Errorf("%w: the file has %d bytes, want at most %d", ErrTooLarge, len(data), MaxFile)
	}
	return new(scanner).message(data, modelKind, 0)
}

func (s *scanner) message(data []byte, k *kind, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: messages are nested deeper than %d", ErrTooLarge, maxDepth)
	}
	if err := s.count(&s.items, 1, maxItems, "messages and names"); err != nil {
		return err
	}
	return inside(fields(data, func(f field) error { return s.field(f, k, depth) }), "%s", k.name)
}

func (s *scanner) field(f field, k *kind, depth int) error {
	if child := k.messages[f.num]; child != nil {
		if err := f.want(protowire.BytesType); err != nil {
			return err
		}
		return s.message(f.data, child, depth+1)
	}
	switch {
	case slices.Contains(k.names, f.num):
		return s.name(f)
	case slices.Contains(k.numbers, f.num):
		return s.count(&s.numbers, 1+len(f.data), maxNumber, "elements of attributes and dimensions")
	case slices.Contains(k.elements, f.num) && f.num == int32Data:
		return s.count(&s.int32s, 1+len(f.data), maxInt32, "bytes of int32_data")
	case slices.Contains(k.elements, f.num):
		return nil
	}
	return s.count(&s.others, 1, maxOther, "fields")
}

func (s *scanner) name(f field) error {
	if len(f.data) > maxName {
		return fmt.Errorf("%w: the name in field %d has %d bytes, want at most %d", ErrTooLarge, f.num, len(f.data), maxName)
	}
	return s.count(&s.items, 1, maxItems, "messages and names")
}

func (s *scanner) count(n *int, more, most int, of string) error {
	if *n += more; *n > most {
		return fmt.Errorf("%w: more than %d %s", ErrTooLarge, most, of)
	}
	return nil
}
