package importer

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// A recollection is what is known of constants while a graph is built, so that what
// every block of a network computes in the same way, as exporters write positions
// and masks, is computed once.
type recollection struct {
	constants map[[sha256.Size]byte]value // By kind, dims and elements.
	numbers   map[*constant]int           // Of constants in keys. It holds them, so that none takes the place of another.
	results   map[string]value            // Of nodes, by their key.
}

// comparedElements is how many elements constants may have to be compared.
const comparedElements = 1 << 16

// same returns the constant that was there first of those of the same elements.
func (c *recollection) same(v value) value {
	if v.constant == nil {
		return v
	}
	if size, ok := sizeOf(v.constant.dims); !ok || size > comparedElements {
		return v
	}
	data, err := v.constant.values()
	if err != nil {
		return v
	}
	bits := fmt.Append(nil, v.kind, v.constant.dims)
	for _, x := range data {
		bits = binary.LittleEndian.AppendUint64(bits, math.Float64bits(x))
	}
	key := sha256.Sum256(bits)
	if first, ok := c.constants[key]; ok {
		return first
	}
	if c.constants == nil {
		c.constants = map[[sha256.Size]byte]value{}
	}
	c.constants[key] = v
	return v
}

// number tells constants apart.
func (c *recollection) number(x *constant) int {
	number, ok := c.numbers[x]
	if !ok {
		if c.numbers == nil {
			c.numbers = map[*constant]int{}
		}
		number = len(c.numbers)
		c.numbers[x] = number
	}
	return number
}

// remember keeps the result of a node.
func (c *recollection) remember(key string, v value) {
	if c.results == nil {
		c.results = map[string]value{}
	}
	c.results[key] = v
}

// key tells apart what nodes of constants compute: operator, attributes, and
// which constants they read. It is "" for other nodes.
func (n *node) key() string {
	if len(n.source.Outputs) != 1 {
		return ""
	}
	var key strings.Builder
	for _, name := range n.inputs {
		if name == "" {
			key.WriteString(" -")
			continue
		}
		v, err := n.builder.value(name)
		if err != nil || v.constant == nil {
			return ""
		}
		fmt.Fprint(&key, " ", v.kind, n.builder.known.number(v.constant))
	}
	for _, a := range n.source.Attributes {
		if a.Tensor == nil {
			continue
		}
		if a.Tensor.Len() != 1 { // That of ConstantOfShape has one.
			return ""
		}
		numbers, err := a.Tensor.Numbers()
		if err != nil {
			return ""
		}
		fmt.Fprint(&key, " ", a.Tensor.Type, numbers)
	}
	return fmt.Sprint(n.op, n.attributes, key.String())
}
