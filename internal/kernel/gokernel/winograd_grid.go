package gokernel

import "finetune/internal/kernel"

// A winogradGrid cuts the output of a convolution into tiles of 4×4 pixels,
// images and rows first. Tiles at the lower and right border may hang over.
type winogradGrid struct {
	tilesY, tilesX   int
	inH, inW, inC    int
	outH, outW, outC int
	padTop, padLeft  int
}

func forwardGrid(g kernel.Conv) winogradGrid {
	return winogradGrid{
		tilesY: winogradTiles(g.OutH), tilesX: winogradTiles(g.OutW),
		inH: g.H, inW: g.W, inC: g.C,
		outH: g.OutH, outW: g.OutW, outC: g.OutC,
		padTop: g.PadTop, padLeft: g.PadLeft,
	}
}

// gradGrid is the grid of the gradient of the input: dy is convolved.
func gradGrid(g kernel.Conv) winogradGrid {
	return winogradGrid{
		tilesY: winogradTiles(g.H), tilesX: winogradTiles(g.W),
		inH: g.OutH, inW: g.OutW, inC: g.OutC,
		outH: g.H, outW: g.W, outC: g.C,
		padTop: 2 - g.PadTop, padLeft: 2 - g.PadLeft,
	}
}

// winogradTiles returns how many tiles cover n pixels of a line.
func winogradTiles(n int) int { return (n + winogradTile - 1) / winogradTile }

// A winogradPatch is where the pixels of a tile lie in an image of NHWC: rows
// [y, y+h) and columns [x, x+w) of the tile are inside the image, and the pixel
// (y, x) starts at offset at.
type winogradPatch struct{ y, x, h, w, at int }

// patch returns the patch of size×size pixels whose first is (y, x).
func patch2D(image, y, x, size, height, width, channels int) winogradPatch {
	p := winogradPatch{y: max(0, -y), x: max(0, -x)}
	p.h, p.w = max(0, min(size, height-y)-p.y), max(0, min(size, width-x)-p.x)
	p.at = ((image*height+y+p.y)*width + x + p.x) * channels
	return p
}

// input returns the input of a tile, output its output.
func (g *winogradGrid) input(tile int) winogradPatch {
	image, y, x := g.place(tile)
	return patch2D(image, y-g.padTop, x-g.padLeft, winogradInput, g.inH, g.inW, g.inC)
}

func (g *winogradGrid) output(tile int) winogradPatch {
	image, y, x := g.place(tile)
	return patch2D(image, y, x, winogradTile, g.outH, g.outW, g.outC)
}

// place returns the image of a tile and its first pixel of output.
func (g *winogradGrid) place(tile int) (image, y, x int) {
	x = tile % g.tilesX * winogradTile
	y = tile / g.tilesX % g.tilesY * winogradTile
	return tile / (g.tilesX * g.tilesY), y, x
}

// setSource makes a patch of size×size pixels of x, an image of the given
// width, what t reads. Where it is not inside it is a copy with zeros.
func (t *transform) setSource(w *worker, x []float32, p winogradPatch, size, width, channels int) {
	t.channels, t.count = channels, 1
	if p.h == size && p.w == size {
		t.src, t.srcRow, t.srcCol = x[p.at:], width*channels, channels
		return
	}
	t.src, t.srcRow, t.srcCol = w.patch.get(size*size*channels), size*channels, channels
	clear(t.src)
	for r := range p.h {
		copy(t.src[((p.y+r)*size+p.x)*channels:][:p.w*channels], x[p.at+r*width*channels:])
	}
}

// lineStep returns n floats or a little more, so that places that far apart
// lie in different sets of a cache: an odd number of lines of 64 bytes.
func lineStep(n int) int { return (n+15)/16*16 | 16 }
