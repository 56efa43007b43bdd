package finetune

import (
	"fmt"
	"image"
	"io/fs"
	"sync"

	"finetune/augment"
	"finetune/tasks"
)

// cacheBytes is the memory that decoded pictures may take: about two thousand
// of 256×340 pixels. Decoding one of them takes as long as augmenting it.
const cacheBytes = 512 << 20

// pictures are the images of a split, decoded on demand and kept as packed RGB
// within a budget. They are safe for concurrent use.
type pictures struct {
	fsys     fs.FS
	examples []tasks.Example

	mu     sync.Mutex
	budget int64 // Bytes left.
	kept   []packed
}

// A packed picture has 3 bytes a pixel.
type packed struct {
	w, h int
	rgb  []byte
}

func newPictures(fsys fs.FS, examples []tasks.Example, budget int64) *pictures {
	return &pictures{fsys: fsys, examples: examples, budget: budget, kept: make([]packed, len(examples))}
}

// picture returns the image of example i.
func (p *pictures) picture(i int) (*image.NRGBA, error) {
	p.mu.Lock()
	kept := p.kept[i]
	p.mu.Unlock()
	if kept.rgb != nil {
		return kept.unpack(), nil
	}
	data, err := fs.ReadFile(p.fsys, p.examples[i].Path)
	if err != nil {
		return nil, err
	}
	m, err := augment.Decode(data, augment.DecodeOptions{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.examples[i].Path, err)
	}
	p.keep(i, m)
	return m, nil
}

func (p *pictures) keep(i int, m *image.NRGBA) {
	size := int64(3 * m.Rect.Dx() * m.Rect.Dy())
	p.mu.Lock()
	fits := size <= p.budget && p.kept[i].rgb == nil
	if fits {
		p.budget -= size
	}
	p.mu.Unlock()
	if !fits {
		return
	}
	small := pack(m)
	p.mu.Lock()
	p.kept[i] = small
	p.mu.Unlock()
}

func pack(m *image.NRGBA) packed {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	p := packed{w, h, make([]byte, 3*w*h)}
	for y := range h {
		src, dst := m.Pix[y*m.Stride:][:4*w], p.rgb[3*y*w:][:3*w]
		for len(dst) >= 3 {
			dst[0], dst[1], dst[2] = src[0], src[1], src[2]
			src, dst = src[4:], dst[3:]
		}
	}
	return p
}

func (p packed) unpack() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, p.w, p.h))
	src, dst := p.rgb, m.Pix
	for len(src) >= 3 && len(dst) >= 4 {
		dst[0], dst[1], dst[2], dst[3] = src[0], src[1], src[2], 255
		src, dst = src[3:], dst[4:]
	}
	return m
}
