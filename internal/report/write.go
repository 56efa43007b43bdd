package report

import "io"

// Write writes the report of d to w.
func Write(w io.Writer, d Data) error {
	_, err := io.WriteString(w, "<!doctype html>")
	return err
}
