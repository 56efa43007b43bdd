package finetune

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// A checkpoint file is, little-endian:
//
//	magic    8 bytes
//	version  uint32
//	length   uint32, of the header
//	header   JSON, a checkpointHeader
//	tensors  float32, in the header's order
//	sha256   32 bytes, of everything before
const (
	checkpointMagic   = "FTUNECKP"
	checkpointVersion = 1
	checkpointPrefix  = len(checkpointMagic) + 8
)

// A checkpoint is everything that training goes on from. Order and
// augmentation are keyed by seed, epoch and sample, so no generator is in it.
type checkpoint struct {
	checkpointHeader
	Tensors []tensor
}

type checkpointHeader struct {
	Config         Config       `json:"config"`
	Backbone       string       `json:"backbone"`        // Name.
	BackboneSHA256 string       `json:"backbone_sha256"` // Of the ONNX file.
	Classes        []string     `json:"classes"`
	InputSize      int          `json:"input_size"`
	Step           int          `json:"step"` // Steps done.
	StepsPerEpoch  int          `json:"steps_per_epoch"`
	OptimizerStep  int64        `json:"optimizer_step"`
	Epoch          epochMeter   `json:"epoch"` // Of the epoch in progress.
	TrainSeconds   float64      `json:"train_seconds"`
	WaitSeconds    float64      `json:"wait_seconds"` // Of TrainSeconds, waiting for images.
	TrainImages    int          `json:"train_images"`
	BadImages      []string     `json:"bad_images,omitempty"`
	Layout         []tensorInfo `json:"tensors"`
}

type tensorInfo struct {
	Name   string `json:"name"`
	Length int    `json:"length"`
}

// A tensor is a named part of the state: "param/…" and "statistic/…" in the
// logical order of the model, "optimizer/…" as the optimizer has it.
type tensor struct {
	name  string
	value []float32
}

// write writes c aside, syncs it and renames it to path.
func (c *checkpoint) write(path string) error {
	if err := replace(path, c.encode); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

func (c *checkpoint) encode(w io.Writer) error {
	c.Layout = nil
	for _, t := range c.Tensors {
		c.Layout = append(c.Layout, tensorInfo{t.name, len(t.value)})
	}
	header, err := json.Marshal(c.checkpointHeader)
	if err != nil {
		return err
	}
	sum := sha256.New()
	both := io.MultiWriter(w, sum)
	prefix := append([]byte(checkpointMagic), make([]byte, 8)...)
	binary.LittleEndian.PutUint32(prefix[8:], checkpointVersion)
	binary.LittleEndian.PutUint32(prefix[12:], uint32(len(header)))
	if _, err := both.Write(append(prefix, header...)); err != nil {
		return err
	}
	for _, t := range c.Tensors {
		if _, err := both.Write(floatBytes(t.value)); err != nil {
			return err
		}
	}
	_, err = w.Write(sum.Sum(nil))
	return err
}

// readCheckpoint reads and checks a checkpoint file.
func readCheckpoint(path string) (*checkpoint, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &DataError{fmt.Errorf("checkpoint: %w", err)}
	}
	c, err := decodeCheckpoint(data)
	if err != nil {
		return nil, &DataError{fmt.Errorf("checkpoint %s: %w", path, err)}
	}
	return c, nil
}

func decodeCheckpoint(data []byte) (*checkpoint, error) {
	if len(data) < checkpointPrefix || !bytes.HasPrefix(data, []byte(checkpointMagic)) {
		return nil, errors.New("not a checkpoint, or truncated")
	}
	if version := binary.LittleEndian.Uint32(data[8:]); version != checkpointVersion {
		return nil, fmt.Errorf("version %d: want %d", version, checkpointVersion)
	}
	headerLength := int64(binary.LittleEndian.Uint32(data[12:]))
	if int64(len(data)) < int64(checkpointPrefix)+headerLength+sha256.Size {
		return nil, fmt.Errorf("%d bytes with a header of %d: truncated", len(data), headerLength)
	}
	body, sum := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
	if got := sha256.Sum256(body); !bytes.Equal(got[:], sum) {
		return nil, errors.New("sha256 does not match: truncated or damaged")
	}
	c := new(checkpoint)
	rest := body[checkpointPrefix:]
	if err := json.Unmarshal(rest[:headerLength], &c.checkpointHeader); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	rest = rest[headerLength:]
	for _, info := range c.Layout {
		if info.Length < 0 || info.Length > len(rest)/4 {
			return nil, fmt.Errorf("tensor %q of %d values: %d bytes are left", info.Name, info.Length, len(rest))
		}
		c.Tensors = append(c.Tensors, tensor{info.Name, floats(rest[:4*info.Length])})
		rest = rest[4*info.Length:]
	}
	if len(rest) != 0 {
		return nil, fmt.Errorf("%d bytes follow the last tensor", len(rest))
	}
	return c, nil
}

func floatBytes(values []float32) []byte {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return data
}

func floats(data []byte) []float32 {
	values := make([]float32, len(data)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return values
}
