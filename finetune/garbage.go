package finetune

import (
	"os"
	"runtime/debug"
)

// garbagePercent is how much garbage may lie beside what is alive, percent.
//
// What is alive while a model runs is nearly all float32 without a pointer: a
// gigabyte of it is marked in no time, so that collecting often costs little,
// and the default of 100 % would let a gigabyte of garbage gather. At 8 % there
// is a collection for some hundred images.
const garbagePercent = 8

// collectSooner bounds the garbage of the process until restore is called. A
// GOGC in the environment holds.
func collectSooner() (restore func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(garbagePercent)
	return func() { debug.SetGCPercent(before) }
}
