package label

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"strings"

	"suiren/internal/say"
)

// Bounds of a picture.
const (
	maxPicture = 32 << 20 // bytes
	maxPixels  = 40_000_000
)

// Stamp writes a PNG picture of what a model wrote with the words AI 生成 under it,
// at least a twentieth of the shorter side high, and the element as a text chunk
// (PNG, 11.3.4.3). Other text of the picture goes: there is one label, and what it
// wrote before it writes again, to the byte.
func Stamp(w io.Writer, picture []byte, l *Label) error {
	if err := l.Check(); err != nil {
		return err
	}
	if len(picture) > maxPicture {
		return badPicture(say.T("the picture is larger than %d bytes", "图片大于 %d 字节", maxPicture), nil)
	}
	conf, err := png.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return badPicture(say.T("the picture cannot be read: %v", "无法读取图片：%v", err), err)
	}
	if conf.Width < 1 || conf.Height < 1 || conf.Width > maxPixels/conf.Height {
		return badPicture(say.T("a picture of %d × %d pixels is too large", "%d × %d 像素的图片过大", conf.Width, conf.Height), nil)
	}
	from, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return badPicture(say.T("the picture cannot be read: %v", "无法读取图片：%v", err), err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, underlined(from)); err != nil {
		return err
	}
	b := out.Bytes()
	const head = 8 + 4 + 4 + 13 + 4 // signature and IHDR
	for _, part := range [][]byte{b[:head], chunk("tEXt", key+"\x00"+l.text()), b[head:]} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

func badPicture(what say.Text, err error) error {
	return &say.Error{What: what, Err: err, Next: say.T("give a PNG picture of at most %d pixels", "请提供不超过 %d 像素的 PNG 图片", maxPixels)}
}

func chunk(kind, text string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	b = append(b, kind+text...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// underlined is the picture with the words under it. One that has them keeps those.
func underlined(from image.Image) *image.NRGBA {
	size := from.Bounds().Size()
	under := strip(size.X, scaleOf(size))
	if stamped(from) {
		under = new(image.NRGBA)
	}
	words := under.Bounds().Size()
	to := image.NewNRGBA(image.Rect(0, 0, max(size.X, words.X), size.Y+words.Y))
	draw.Draw(to, to.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(to, image.Rectangle{Max: size}, from, from.Bounds().Min, draw.Over)
	draw.Draw(to, image.Rectangle{image.Pt(0, size.Y), to.Rect.Max}, under, image.Point{}, draw.Src)
	return to
}

// scaleOf is how many pixels a dot of the words under a picture has on a side.
func scaleOf(size image.Point) int {
	return max(1, (min(size.X, size.Y)+inkSize*20-1)/(inkSize*20))
}

// strip is the words on white, at least as wide as they are.
func strip(width, scale int) *image.NRGBA {
	to := image.NewNRGBA(image.Rect(0, 0, max(width, scale*glyphSize*len(glyphs)), stripSize*scale))
	draw.Draw(to, to.Rect, image.White, image.Point{}, draw.Src)
	for i, g := range glyphs {
		for y, row := range strings.Fields(g) {
			for x, dot := range row {
				if dot == '#' {
					at := image.Pt((i*glyphSize+x)*scale, (y+2)*scale)
					draw.Draw(to, image.Rectangle{at, at.Add(image.Pt(scale, scale))}, image.NewUniform(color.Black), image.Point{}, draw.Src)
				}
			}
		}
	}
	return to
}

// stamped reports whether the words stand under a picture already, of the size that
// they must have there. What its metadata say proves nothing: a reader does not see them.
func stamped(m image.Image) bool {
	size := m.Bounds().Size()
	for scale := scaleOf(size); scale > 0; scale-- {
		above := image.Pt(size.X, size.Y-stripSize*scale)
		if above.Y < 1 || scaleOf(above) != scale {
			continue
		}
		if words := strip(size.X, scale); words.Rect.Dx() == size.X && same(m, m.Bounds().Min.Add(image.Pt(0, above.Y)), words) {
			return true
		}
	}
	return false
}

// same reports whether a part of a picture, from a point on, is another.
func same(m image.Image, at image.Point, part *image.NRGBA) bool {
	for y := range part.Rect.Dy() {
		for x := range part.Rect.Dx() {
			if color.NRGBAModel.Convert(m.At(at.X+x, at.Y+y)) != color.Color(part.NRGBAAt(x, y)) {
				return false
			}
		}
	}
	return true
}

// glyphSize is the side of a glyph in dots, inkSize the height of the lowest letter,
// stripSize the height of the words with what is above and below them.
const glyphSize, inkSize, stripSize = 16, 12, 20

// glyphs draw A I 生 成.
var glyphs = []string{`
................
................
.......##.......
......#..#......
......#..#......
.....#....#.....
.....#....#.....
....#......#....
....#......#....
....########....
...#........#...
...#........#...
..#..........#..
..#..........#..
................
................`, `
................
................
....########....
.......##.......
.......##.......
.......##.......
.......##.......
.......##.......
.......##.......
.......##.......
.......##.......
.......##.......
.......##.......
....########....
................
................`, `
................
....#..#........
....#..#........
....#..#........
...############.
...#...#........
..#....#........
.......#........
....########....
.......#........
.......#........
.......#........
.......#........
..#############.
................
................`, `
................
.........#.#....
.........#..#...
.........#......
..#############.
..#......#......
..#......#...#..
..######.#...#..
..#....#.#..#...
..#....#..#.#...
..#....#..##....
..#....#..#...#.
..#.#.#..#.#..#.
.#...#..#...#.#.
.#.....#.....##.
................`}
