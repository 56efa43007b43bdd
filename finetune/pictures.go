package finetune

import (
	"fmt"
	"image"
	"io/fs"
	"sync"

	"finetune/augment"
	"finetune/tasks"
)

// cacheBytes is the memory that decoded pictures may take: the 2,040 that
// Flowers-102 trains on take 261 MiB at 256 pixels. Decoding one of them costs
// twice as much as augmenting it; see docs/decisions/decoding.md.
const cacheBytes = 320 << 20

// pictures are the images of a split, decoded on demand and kept within a
// budget. They are safe for concurrent use.
//
// What is shown does not depend on the budget: a picture is shrunk to what is
// enough when it is decoded, whether it is kept or not.
type pictures struct {
	fsys     fs.FS
	examples []tasks.Example
	enough   augment.Enough

	mu      sync.Mutex
	budget  int64 // Bytes left.
	kept    []*augment.Picture
	buffers sync.Pool // Of *[]uint8, for pixels in use.
}

// newPictures returns the pictures of examples in fsys, of which budget bytes
// may be kept.
func newPictures(fsys fs.FS, examples []tasks.Example, enough augment.Enough, budget int64) *pictures {
	return &pictures{
		fsys: fsys, examples: examples, enough: enough, budget: budget, kept: make([]*augment.Picture, len(examples)),
		buffers: sync.Pool{New: func() any { return new([]uint8) }},
	}
}

// show calls use with the pixels of example i, which are valid until it returns.
func (p *pictures) show(i int, use func(m *image.NRGBA)) error {
	picture, err := p.picture(i)
	if err != nil {
		return err
	}
	buffer := p.buffers.Get().(*[]uint8)
	m := picture.NRGBA(*buffer)
	use(m)
	if cap(m.Pix) > cap(*buffer) {
		*buffer = m.Pix
	}
	p.buffers.Put(buffer)
	return nil
}

// picture returns example i, decoded and shrunk.
func (p *pictures) picture(i int) (*augment.Picture, error) {
	p.mu.Lock()
	kept := p.kept[i]
	p.mu.Unlock()
	if kept != nil {
		return kept, nil
	}
	data, err := fs.ReadFile(p.fsys, p.examples[i].Path)
	if err != nil {
		return nil, err
	}
	picture, err := augment.DecodePicture(data, augment.DecodeOptions{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.examples[i].Path, err)
	}
	picture = picture.Shrink(p.enough)
	p.keep(i, picture)
	return picture, nil
}

// keep keeps a picture if the budget allows it.
func (p *pictures) keep(i int, picture *augment.Picture) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if size := picture.Bytes(); p.kept[i] == nil && size <= p.budget {
		p.budget -= size
		p.kept[i] = picture
	}
}
