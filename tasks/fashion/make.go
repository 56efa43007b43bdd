//go:build ignore

// Make writes the slice of Fashion-MNIST that is embedded: the first images of
// each class, in the order of the official files.
//
//	go run make.go DIR
//
// DIR has the four official idx files, compressed.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
)

const (
	classes    = 10
	imageBytes = 28 * 28
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: go run make.go DIR")
	}
	for _, part := range []struct {
		prefix   string
		perClass int
	}{{"train", 200}, {"t10k", 100}} {
		images := read(os.Args[1], part.prefix+"-images-idx3-ubyte.gz")[16:]
		labels := read(os.Args[1], part.prefix+"-labels-idx1-ubyte.gz")[8:]
		var chosenImages, chosenLabels []byte
		var taken [classes]int
		for i, label := range labels {
			if taken[label] == part.perClass {
				continue
			}
			taken[label]++
			chosenLabels = append(chosenLabels, label)
			chosenImages = append(chosenImages, images[i*imageBytes:(i+1)*imageBytes]...)
		}
		n := classes * part.perClass
		write(part.prefix+"-images-idx3-ubyte.gz", chosenImages, n, 28, 28)
		write(part.prefix+"-labels-idx1-ubyte.gz", chosenLabels, n)
		fmt.Printf("%s: %d images\n", part.prefix, n)
	}
}

func read(dir, name string) []byte {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		log.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		log.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		log.Fatal(err)
	}
	return plain
}

func write(name string, values []byte, sizes ...int) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		log.Fatal(err)
	}
	header := []byte{0, 0, 8, byte(len(sizes))}
	for _, n := range sizes {
		header = binary.BigEndian.AppendUint32(header, uint32(n))
	}
	if _, err := z.Write(append(header, values...)); err != nil {
		log.Fatal(err)
	}
	if err := z.Close(); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}
