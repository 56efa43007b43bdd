package augment

import (
	"bytes"
	"encoding/binary"
	"image"

	"github.com/disintegration/imaging"
)

// orient turns a picture upright.
//
// EXIF 2.32, tag 0x0112. Numbers outside 2 to 8 turn nothing.
func orient(img *image.NRGBA, orientation int) *image.NRGBA {
	switch orientation {
	case 2:
		return imaging.FlipH(img)
	case 3:
		return imaging.Rotate180(img)
	case 4:
		return imaging.FlipV(img)
	case 5:
		return imaging.Transpose(img)
	case 6:
		return imaging.Rotate270(img)
	case 7:
		return imaging.Transverse(img)
	case 8:
		return imaging.Rotate90(img)
	}
	return img
}

// exifOrientation returns the orientation that a JPEG states, 1 if it states
// none that can be read.
func exifOrientation(jpeg []byte) int {
	const app1, startOfScan = 0xe1, 0xda
	rest := jpeg[2:]
	for len(rest) >= 4 && rest[0] == 0xff && rest[1] != startOfScan {
		if rest[1] == 0xff {
			rest = rest[1:] // A fill byte.
			continue
		}
		length := int(binary.BigEndian.Uint16(rest[2:]))
		if length < 2 || 2+length > len(rest) {
			return 1
		}
		if exif, ok := bytes.CutPrefix(rest[4:2+length], []byte("Exif\x00\x00")); ok && rest[1] == app1 {
			return tiffOrientation(exif)
		}
		rest = rest[2+length:]
	}
	return 1
}

// tiffOrientation returns the orientation of the first directory of a TIFF
// file, 1 if it has none.
func tiffOrientation(tiff []byte) int {
	const orientationTag, short, entrySize = 0x0112, 3, 12
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	offset := uint64(order.Uint32(tiff[4:]))
	if offset+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[offset+2:]
	for range order.Uint16(tiff[offset:]) {
		if len(entries) < entrySize {
			return 1
		}
		if order.Uint16(entries) == orientationTag && order.Uint16(entries[2:]) == short {
			return int(order.Uint16(entries[8:]))
		}
		entries = entries[entrySize:]
	}
	return 1
}
