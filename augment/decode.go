package augment

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/webp"
)

var (
	// ErrFormat is wrapped by errors about content that is no picture that
	// Decode knows, whatever the name of its file.
	ErrFormat = errors.New("not a picture")
	// ErrTooLarge is wrapped by errors about a header that claims more pixels
	// than the cap.
	ErrTooLarge = errors.New("too many pixels")
)

// DecodeOptions are the options of [Decode]. The zero value is ready to use.
type DecodeOptions struct {
	MaxPixels int // Cap on width × height; 0 means 50,000,000.
}

const defaultMaxPixels = 50_000_000

// A pictureFormat is told by how its files start.
type pictureFormat struct {
	name   string
	magic  string // "?" stands for any byte.
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var pictureFormats = []pictureFormat{
	{"JPEG", "\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode},
	{"PNG", "\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	{"GIF", "GIF8?a", gif.DecodeConfig, gif.Decode},
	{"WebP", "RIFF????WEBPVP8", webp.DecodeConfig, decodeWebP},
	{"BMP", "BM????\x00\x00\x00\x00", bmp.DecodeConfig, bmp.Decode},
}

// Decode reads a JPEG, PNG, GIF (its first frame), WebP or BMP file, told by its
// content. The result starts at (0, 0) and is opaque: transparency shows white.
//
// A JPEG is turned as its EXIF orientation says (an invalid one, such as 0,
// turns nothing), its chroma is upsampled and converted as libjpeg does, and
// CMYK and YCCK are read as Adobe writes them. 16-bit channels keep their upper
// byte. Colour profiles are not applied, and bytes after the picture do not
// count.
//
// The size is read from the header and checked against o.MaxPixels before
// memory is taken for it. Errors wrap [ErrFormat], [ErrTooLarge], or what the
// decoder found, such as [io.ErrUnexpectedEOF] for a truncated file.
func Decode(data []byte, o DecodeOptions) (*image.NRGBA, error) {
	f, img, w, h, err := decode(data, o)
	if err != nil {
		return nil, err
	}
	return orient(toNRGBA(img, w, h), orientationOf(f, data)), nil
}

// decode returns the picture as its decoder has it, and the size that the
// header states.
func decode(data []byte, o DecodeOptions) (f *pictureFormat, img image.Image, w, h int, err error) {
	f, err = sniff(data)
	if err != nil {
		return nil, nil, 0, 0, err
	}
	config, err := f.config(bytes.NewReader(data))
	if err != nil {
		return nil, nil, 0, 0, decodeError(f, "header", err)
	}
	if err := checkSize(config, o.MaxPixels); err != nil {
		return nil, nil, 0, 0, fmt.Errorf("augment: %s: %w", f.name, err)
	}
	img, err = f.decode(bytes.NewReader(data))
	if err != nil {
		return nil, nil, 0, 0, decodeError(f, fmt.Sprintf("%d×%d pixels, %d bytes", config.Width, config.Height, len(data)), err)
	}
	return f, img, config.Width, config.Height, nil
}

// orientationOf returns the orientation that a file states; 1 is upright.
func orientationOf(f *pictureFormat, data []byte) int {
	if f.name == "JPEG" {
		return exifOrientation(data)
	}
	return 1
}

// sniff returns the format that data starts like.
func sniff(data []byte) (*pictureFormat, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("augment: %w: the file is empty", ErrFormat)
	}
	for i := range pictureFormats {
		if f := &pictureFormats[i]; startsLike(data, f.magic) {
			return f, nil
		}
	}
	return nil, fmt.Errorf("augment: %w: starts with %q, want a JPEG, PNG, GIF, WebP or BMP file", ErrFormat, data[:min(len(data), 12)])
}

func startsLike(data []byte, magic string) bool {
	if len(data) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != data[i] {
			return false
		}
	}
	return true
}

func checkSize(c image.Config, maxPixels int) error {
	if maxPixels == 0 {
		maxPixels = defaultMaxPixels
	}
	if c.Width < 1 || c.Height < 1 {
		return fmt.Errorf("%w: the header claims %d×%d pixels", ErrFormat, c.Width, c.Height)
	}
	if c.Width > maxPixels/c.Height {
		return fmt.Errorf("%w: the header claims %d×%d, want at most %d in all", ErrTooLarge, c.Width, c.Height, maxPixels)
	}
	return nil
}

// errShort is how image/jpeg calls the end of a file inside a scan.
const errShort = jpeg.FormatError("short Huffman data")

// decodeError wraps a decoder's error. A file that ends early is
// io.ErrUnexpectedEOF, whatever the decoder calls it.
func decodeError(f *pictureFormat, where string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errShort) {
		return fmt.Errorf("augment: %s: %s: truncated: %w", f.name, where, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("augment: %s: %s: %w", f.name, where, err)
}
