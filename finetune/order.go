package finetune

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
)

// keyed returns a generator that depends on the keys alone: what is drawn for
// one sample does not depend on what was drawn for another, nor on the number
// of workers.
func keyed(purpose string, keys ...uint64) *rand.Rand {
	h := fnv.New128a()
	h.Write([]byte(purpose))
	for _, key := range keys {
		h.Write(binary.LittleEndian.AppendUint64(nil, key))
	}
	sum := h.Sum(nil)
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:])))
}

// epochOrder returns the order in which an epoch (counted from 1) sees n
// samples.
func epochOrder(seed uint64, epoch, n int) []int {
	return keyed("order", seed, uint64(epoch)).Perm(n)
}

// sampleRand returns the generator of one sample's augmentation in an epoch.
func sampleRand(seed uint64, epoch, sample int) *rand.Rand {
	return keyed("augment", seed, uint64(epoch), uint64(sample))
}
