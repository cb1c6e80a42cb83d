package vector

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// The file, little endian: magic, uint32 n, width, entry, top+1 (0: no graph); n float32 scales; n rows
// of int8; with a graph n bytes of levels, the ground's rows of uint32, and for each vector and upper level a uint32 count
// and its links.
const magic = "suiren vectors1\n"

// ErrDamaged is returned for bytes that Write did not make.
var ErrDamaged = errors.New("vector: the file is damaged")

// Write writes a set, and its graph if g is not nil.
func Write(out io.Writer, s *Set, g *Graph) error {
	w := bufio.NewWriterSize(out, 1<<18)
	w.WriteString(magic)
	put := func(v uint32) { w.Write(binary.LittleEndian.AppendUint32(nil, v)) }
	put(uint32(s.Len()))
	put(uint32(s.width))
	if g == nil || s.Len() == 0 {
		put(0)
		put(0)
	} else {
		put(uint32(g.entry))
		put(uint32(g.top + 1))
	}
	for _, f := range s.scales {
		put(math.Float32bits(f))
	}
	for _, b := range s.data {
		w.WriteByte(byte(b))
	}
	if g != nil && s.Len() > 0 {
		w.Write(g.levels)
		for _, v := range g.ground {
			put(v)
		}
		for _, levels := range g.upper {
			for _, l := range levels {
				put(uint32(len(l)))
				for _, v := range l {
					put(v)
				}
			}
		}
	}
	return w.Flush() // a bufio.Writer keeps the first error
}

// Read reads what Write wrote, and checks all links; g is nil if there is no graph.
func Read(b []byte) (s *Set, g *Graph, err error) {
	take := func(n uint64) []byte {
		if err != nil || n > uint64(len(b)) {
			err = ErrDamaged
			return nil
		}
		p := b[:n]
		b = b[n:]
		return p
	}
	number := func() uint32 {
		if p := take(4); p != nil {
			return binary.LittleEndian.Uint32(p)
		}
		return 0
	}
	if string(take(uint64(len(magic)))) != magic {
		return nil, nil, ErrDamaged
	}
	n, width, entry, top := uint64(number()), uint64(number()), number(), number()
	if err != nil || width == 0 || width > 1<<16 || n*(width+4) > uint64(len(b)) || top > maxLevels {
		return nil, nil, ErrDamaged
	}
	s = &Set{width: int(width), scales: make([]float32, n), data: make([]int8, n*width)}
	for i := range s.scales {
		s.scales[i] = math.Float32frombits(number())
		if !(s.scales[i] >= 0 && s.scales[i] <= 1) {
			return nil, nil, ErrDamaged
		}
	}
	for i, v := range take(n * width) {
		s.data[i] = int8(v)
	}
	if top > 0 {
		if uint64(entry) >= n || n*(1+4*(1+groundWide)) > uint64(len(b)) {
			return nil, nil, ErrDamaged
		}
		g = &Graph{set: s, entry: int(entry), top: int(top) - 1, levels: take(n), ground: make([]uint32, n*(1+groundWide)), upper: make([][][]uint32, n)}
		g.init()
		for i := range g.ground {
			v := number()
			if g.ground[i] = v; i%(1+groundWide) == 0 && v > groundWide || i%(1+groundWide) > 0 && uint64(v) >= n {
				return nil, nil, ErrDamaged
			}
		}
		for i, l := range g.levels {
			if l >= maxLevels {
				return nil, nil, ErrDamaged
			}
			for range l {
				count := number()
				if count > groundWide || err != nil {
					return nil, nil, ErrDamaged
				}
				list := make([]uint32, count)
				for k := range list {
					list[k] = number()
				}
				g.upper[i] = append(g.upper[i], list)
			}
		}
		if err != nil || int(g.levels[g.entry]) < g.top {
			return nil, nil, ErrDamaged
		}
		for i := range g.upper { // a link of a level leads to a vector of that level
			for level, list := range g.upper[i] {
				for _, v := range list {
					if uint64(v) >= n || int(g.levels[v]) <= level {
						return nil, nil, ErrDamaged
					}
				}
			}
		}
	} else if n > 0 && entry != 0 {
		return nil, nil, ErrDamaged
	}
	if err != nil || len(b) > 0 {
		return nil, nil, ErrDamaged
	}
	return s, g, nil
}
