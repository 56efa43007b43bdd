//go:build linux

// Command emulate is the first process of the machine that emulate.sh emulates.
// It runs /test with the arguments in /arguments, one a line, and hands its
// output to the kernel's log, which reaches the serial port without interrupts.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

func main() {
	const path, major, minor = "/kmsg", 1, 11
	if err := unix.Mknod(path, unix.S_IFCHR|0o600, int(unix.Mkdev(major, minor))); err != nil {
		panic(err)
	}
	log, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	if err := run(log); err != nil {
		fmt.Fprintf(log, "<0>emulate: failed: %v\n", err)
	} else {
		fmt.Fprintf(log, "<0>emulate: passed\n")
	}
	for { // The kernel cannot go on without its first process.
		unix.Pause()
	}
}

// run runs the test and returns how it failed.
func run(log *os.File) error {
	arguments, err := os.ReadFile("/arguments")
	if err != nil {
		return err
	}
	nothing, err := os.Create("/nothing") // There is no /dev/null.
	if err != nil {
		return err
	}
	cmd := exec.Command("/test", strings.Fields(string(arguments))...)
	cmd.Stdin = nothing
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		fmt.Fprintf(log, "<0>%s\n", lines.Text())
	}
	return cmd.Wait()
}
