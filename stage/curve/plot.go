package curve

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Plot is drawn as SVG, in greys and colours that stand out from a light
// ground and from a dark one. Texts are drawn as they are given.
type Plot struct {
	Title  string
	X, Y   string   // what the axes show
	LogX   bool     // x is drawn by its logarithm
	Labels []string // names of x = 0, 1, …, instead of numbers; a new line begins after \n
	Series []Series
}

// A Series is points of one kind.
type Series struct {
	Name   string
	Line   bool // points are joined
	Points []Dot
}

// A Dot is a point; Low and High bound an interval of Y, if they differ.
type Dot struct{ X, Y, Low, High float64 }

// The sizes of a plot, in pixels.
const (
	plotWidth, plotHeight = 720, 400
	plotLeft, plotRight   = 70, 20
	plotTop, plotBottom   = 80, 60
)

// colours are Okabe and Ito's, which people with other colour vision tell
// apart, without those that vanish on white or black, and one more.
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999933"}

// SVG draws p. Points that are no numbers, and of a logarithmic axis those not
// above zero, are left out.
func (p *Plot) SVG() []byte {
	var b bytes.Buffer
	xs, ys := p.scales()
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">`+"\n", plotWidth, plotHeight)
	text := func(x, y float64, anchor, more, s string) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="%s" fill="#808080"%s>`, x, y, anchor, more)
		xml.EscapeText(&b, []byte(s))
		b.WriteString("</text>\n")
	}
	line := func(x1, y1, x2, y2 float64, style string) {
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" %s/>`+"\n", x1, y1, x2, y2, style)
	}
	const bottom, right = plotHeight - plotBottom, plotWidth - plotRight
	text(plotWidth/2, 20, "middle", ` font-weight="bold"`, p.Title)
	text((plotLeft+right)/2, plotHeight-14, "middle", "", p.X)
	text(18, (plotTop+bottom)/2, "middle", fmt.Sprintf(` transform="rotate(-90 18 %d)"`, (plotTop+bottom)/2), p.Y)
	for _, v := range ys.ticks() {
		y := ys.at(v)
		line(plotLeft, y, right, y, `stroke="#808080" stroke-opacity="0.3"`)
		text(plotLeft-6, y+4, "end", "", number(v))
	}
	ticks := xs.ticks()
	if p.Labels != nil {
		ticks = nil
		for i := range p.Labels {
			ticks = append(ticks, float64(i))
		}
	}
	for _, v := range ticks {
		x, name := xs.at(v), number(v)
		if p.Labels != nil {
			name = p.Labels[int(v)]
		} else {
			line(x, bottom, x, bottom+5, `stroke="#808080"`)
		}
		for i, part := range strings.Split(name, "\n") {
			text(x, bottom+20+16*float64(i), "middle", "", part)
		}
	}
	line(plotLeft, bottom, right, bottom, `stroke="#808080"`)
	at, down := float64(plotLeft), 42.0
	for i, s := range p.Series {
		colour := colours[i%len(colours)]
		if need := 34 + width(s.Name); at > plotLeft && at+need > plotWidth {
			at, down = plotLeft, down+18
		}
		fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="4" fill="%s"/>`+"\n", at+6, down, colour)
		text(at+16, down+4, "start", "", s.Name)
		at += 34 + width(s.Name)
		shift := 0.0
		if p.Labels != nil { // side by side
			shift = 12 * (float64(i) - float64(len(p.Series)-1)/2)
		}
		path := ""
		for _, d := range s.Points {
			if bad(d.X) || bad(d.Y) || p.LogX && d.X <= 0 {
				continue
			}
			x, y := xs.at(d.X)+shift, ys.at(d.Y)
			path += fmt.Sprintf("%.1f,%.1f ", x, y)
			if d.High > d.Low && !bad(d.Low) && !bad(d.High) {
				line(x, ys.at(d.Low), x, ys.at(d.High), fmt.Sprintf(`stroke="%s" stroke-width="1.5"`, colour))
			}
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`+"\n", x, y, colour)
		}
		if s.Line {
			fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n", path, colour)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// width is about how wide a text is drawn: a character of Chinese is twice
// one of English.
func width(s string) (w float64) {
	for _, c := range s {
		if w += 7; c > 0x2e80 {
			w += 6
		}
	}
	return w
}

func bad(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }

// A scale maps values of an axis to pixels.
type scale struct {
	lo, hi   float64 // values; of a logarithmic one their logarithms to the base of 10
	from, to float64 // pixels
	log      bool
}

func (s scale) at(v float64) float64 {
	if s.log {
		v = math.Log10(v)
	}
	return s.from + (s.to-s.from)*(v-s.lo)/(s.hi-s.lo)
}

// scales finds axes that hold all points.
func (p *Plot) scales() (xs, ys scale) {
	xs = scale{lo: math.Inf(1), hi: math.Inf(-1), from: plotLeft, to: plotWidth - plotRight, log: p.LogX}
	ys = scale{lo: math.Inf(1), hi: math.Inf(-1), from: plotHeight - plotBottom, to: plotTop}
	for _, s := range p.Series {
		for _, d := range s.Points {
			if bad(d.X) || bad(d.Y) || p.LogX && d.X <= 0 {
				continue
			}
			x := d.X
			if p.LogX {
				x = math.Log10(x)
			}
			xs.lo, xs.hi = min(xs.lo, x), max(xs.hi, x)
			ys.lo, ys.hi = min(ys.lo, d.Y), max(ys.hi, d.Y)
			if d.High > d.Low && !bad(d.Low) && !bad(d.High) {
				ys.lo, ys.hi = min(ys.lo, d.Low), max(ys.hi, d.High)
			}
		}
	}
	if p.Labels != nil {
		xs.lo, xs.hi = -0.5, float64(len(p.Labels))-0.5
	} else {
		xs.widen(0.03)
	}
	ys.widen(0.05)
	return xs, ys
}

// widen leaves room at both ends, and gives an axis without a length one.
func (s *scale) widen(part float64) {
	if s.lo > s.hi {
		s.lo, s.hi = 0, 1
	}
	room := part * (s.hi - s.lo)
	if room == 0 {
		room = max(0.5*math.Abs(s.lo), 0.5)
	}
	s.lo, s.hi = s.lo-room, s.hi+room
}

// ticks returns round values along the axis.
func (s scale) ticks() (list []float64) {
	if s.log && s.hi-s.lo > 1 {
		for e := math.Ceil(s.lo); e <= s.hi; e++ {
			list = append(list, math.Pow(10, e))
		}
		return list
	}
	lo, hi := s.lo, s.hi
	if s.log {
		lo, hi = math.Pow(10, lo), math.Pow(10, hi)
	}
	step := math.Pow(10, math.Floor(math.Log10((hi-lo)/4)))
	for _, m := range []float64{5, 2} {
		if (hi-lo)/(m*step) >= 3 {
			step *= m
			break
		}
	}
	for n := math.Ceil(lo / step); n*step <= hi && len(list) < 20; n++ {
		list = append(list, n*step+0) // no -0
	}
	return list
}

func number(v float64) string {
	if a := math.Abs(v); a != 0 && (a >= 1e5 || a < 1e-3) {
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64)
}
