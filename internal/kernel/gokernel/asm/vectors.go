package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// constants are numbers in memory, of which each instruction set has a table:
// one of each for instructions that broadcast, else a vector.
type constants struct {
	table Mem
	at    map[uint32]int
}

var numbers constants

// newConstants begins the table of a file, and returns the masks that [newRow]
// reads. No other data may follow.
func newConstants() (masks Mem) {
	if !isa.masked {
		masks = GLOBL("lanes"+isa.suffix, RODATA|NOPTR)
		for i := range 2 * isa.bytes / 4 {
			mask := U32(0)
			if i < isa.bytes/4 {
				mask = math.MaxUint32
			}
			DATA(4*i, mask)
		}
	}
	numbers = constants{GLOBL("constants"+isa.suffix, RODATA|NOPTR), map[uint32]int{}}
	return masks
}

// constant returns where c lies.
func constant(c float64) Mem { return constantBits(math.Float32bits(float32(c))) }

func constantBits(bits uint32) Mem {
	width := isa.bytes
	if isa.masked {
		width = 4
	}
	at, known := numbers.at[bits]
	if !known {
		at = width * len(numbers.at)
		numbers.at[bits] = at
		for i := 0; i < width; i += 4 {
			DATA(at+i, U32(bits))
		}
	}
	return numbers.table.Offset(at)
}

// broadcast returns a register full of c.
func broadcast(c float64) VecVirtual {
	y := isa.vector()
	VBROADCASTSS(constant(c), y)
	return y
}

// scalar returns a register full of a parameter.
func scalar(name string) VecVirtual {
	b, err := Param(name).Resolve()
	if err != nil {
		panic("parameter " + name + ": " + err.Error())
	}
	y := isa.vector()
	VBROADCASTSS(b.Addr, y)
	return y
}

// The next four are instructions with a constant operand.

// timesConstant computes y = c·x.
func timesConstant(c float64, x, y VecVirtual) {
	if isa.masked {
		VMULPS_BCST(constant(c), x, y)
	} else {
		VMULPS(constant(c), x, y)
	}
}

// plusConstant computes y = x + c.
func plusConstant(c float64, x, y VecVirtual) {
	if isa.masked {
		VADDPS_BCST(constant(c), x, y)
	} else {
		VADDPS(constant(c), x, y)
	}
}

// timesPlusConstant computes y = x·y + c.
func timesPlusConstant(c float64, x, y VecVirtual) {
	if isa.masked {
		VFMADD213PS_BCST(constant(c), x, y)
	} else {
		VFMADD213PS(constant(c), x, y)
	}
}

// minusTimesConstant computes y = y − c·x.
func minusTimesConstant(c float64, x, y VecVirtual) {
	if isa.masked {
		VFNMADD231PS_BCST(constant(c), x, y)
	} else {
		VFNMADD231PS(constant(c), x, y)
	}
}

const (
	signBit   = 1 << 31
	otherBits = signBit - 1
)

// withBits computes y = x | bits, and onlyBits y = x & bits.
func withBits(bits uint32, x, y VecVirtual) {
	if isa.masked {
		VORPS_BCST(constantBits(bits), x, y)
	} else {
		VORPS(constantBits(bits), x, y)
	}
}

func onlyBits(bits uint32, x, y VecVirtual) {
	if isa.masked {
		VANDPS_BCST(constantBits(bits), x, y)
	} else {
		VANDPS(constantBits(bits), x, y)
	}
}

// polynomial returns the one in x with these coefficients, the highest power
// first: by pairs, which do not wait for each other, in powers of x².
func polynomial(x VecVirtual, coefficients ...float64) VecVirtual {
	square, first := isa.vector(), 2-len(coefficients)%2
	VMULPS(x, x, square)
	y := broadcast(coefficients[0])
	if first == 2 {
		timesPlusConstant(coefficients[1], x, y)
	}
	for i := first; i < len(coefficients); i += 2 {
		pair := broadcast(coefficients[i])
		timesPlusConstant(coefficients[i+1], x, pair)
		VFMADD213PS(pair, square, y)
	}
	return y
}

// bySign returns negative where the sign bit of x is set, else positive. It may
// overwrite positive.
func bySign(x, negative, positive VecVirtual) VecVirtual {
	if isa.masked {
		sign := K()
		VPMOVD2M(x, sign)
		VMOVAPS(negative, sign, positive)
		return positive
	}
	y := isa.vector()
	VBLENDVPS(x, negative, positive, y)
	return y
}

// Predicates of comparisons. NaN satisfies the first three.
const (
	notLess         = 5
	notLessEqual    = 6
	notGreaterEqual = 9
	greaterEqual    = 13
)

// where returns yes where a and b compare as the predicate says, else no. It
// may overwrite no.
func where(predicate uint64, a, b, yes, no VecVirtual) VecVirtual {
	if isa.masked {
		k := K()
		VCMPPS(Imm(predicate), b, a, k)
		VMOVAPS(yes, k, no)
		return no
	}
	k, y := isa.vector(), isa.vector()
	VCMPPS(Imm(predicate), b, a, k)
	VBLENDVPS(k, yes, no, y)
	return y
}

// A row is a number of floats: whole vectors, and what is left.
type row struct {
	bytes, rest Register // Of the whole vectors; floats beyond.
	mask        Register // Of what is left: K, or a vector.
}

// newRow cuts n floats, and overwrites n.
func newRow(n Register, masks Mem) row {
	lanes := uint64(isa.bytes / 4)
	r := row{bytes: n, rest: GP64()}
	MOVQ(n, r.rest)
	ANDQ(Imm(lanes-1), r.rest)
	SUBQ(r.rest, n)
	SHLQ(Imm(2), n)
	if isa.masked {
		r.mask = firstLanes(r.rest)[0]
		return r
	}
	at, mask := GP64(), isa.vector()
	LEAQ(masks.Offset(isa.bytes), at)
	SHLQ(Imm(2), r.rest)
	SUBQ(r.rest, at)
	VMOVUPS(Mem{Base: at}, mask)
	r.mask = mask
	return r
}

// pass emits body for each vector: how many bytes come before it, and the mask
// of one that is cut short, else nil.
func (r row) pass(label string, body func(at, mask Register)) {
	at := GP64()
	XORQ(at, at)
	TESTQ(r.bytes, r.bytes)
	JZ(LabelRef(label + "Rest"))
	Label(label)
	body(at, nil)
	ADDQ(Imm(uint64(isa.bytes)), at)
	CMPQ(at, r.bytes)
	JLT(LabelRef(label))
	Label(label + "Rest")
	TESTQ(r.rest, r.rest)
	JZ(LabelRef(label + "End"))
	body(at, r.mask)
	Label(label + "End")
}

// read returns a vector, with zeros beyond the mask.
func read(p, at, mask Register) VecVirtual {
	y, m := isa.vector(), Mem{Base: p, Index: at, Scale: 1}
	if mask == nil || isa.masked {
		loadLanes(m, mask, y)
	} else {
		VMASKMOVPS(m, mask, y)
	}
	return y
}

// write stores the lanes of a mask, or all if it is nil.
func write(y VecVirtual, p, at, mask Register) {
	m := Mem{Base: p, Index: at, Scale: 1}
	switch {
	case mask == nil:
		VMOVUPS(y, m)
	case isa.masked:
		VMOVUPS(y, mask, m)
	default:
		VMASKMOVPS(y, mask, m)
	}
}

// clearBeyond zeroes the lanes of y beyond the mask.
func clearBeyond(mask Register, y VecVirtual) {
	switch {
	case mask == nil:
	case isa.masked:
		VMOVAPS_Z(y, mask, y)
	default:
		VANDPS(mask, y, y)
	}
}

// across combines the lanes of y, and returns the result in all lanes.
func across(combine func(...Op), y VecVirtual) VecVirtual {
	if isa.bytes == 64 {
		high := YMM()
		VEXTRACTF64X4(Imm(1), y, high)
		combine(high, y.AsY(), high)
		y = high
	}
	x, other, all := XMM(), XMM(), isa.vector()
	VEXTRACTF128(Imm(1), y.AsY(), x)
	combine(x, y.AsX(), x)
	for _, swap := range []uint64{0x4e, 0xb1} { // Halves, then neighbours.
		VPERMILPS(Imm(swap), x, other)
		combine(other, x, x)
	}
	VBROADCASTSS(x, all)
	return all
}
