package curve

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

// A law is found again from its own points, and one point that went wrong does
// not move what is foretold.
func TestFitPowerLaw(t *testing.T) {
	for _, want := range []PowerLaw{{0.3, 1.2, 0.25, 1e12}, {0, 2, 0.1, 1e10}, {1.69, 0.4, 0.6, 1e15}} {
		var c, l []float64
		for _, f := range []float64{0.01, 0.04, 0.1, 0.5, 1.5, 4} {
			c, l = append(c, f*want.C0), append(l, want.At(f*want.C0))
		}
		next := 20 * want.C0
		got, err := FitPowerLaw(c, l)
		check(t, err)
		if e := math.Abs(got.At(next)/want.At(next) - 1); e > 1e-3 {
			t.Errorf("%+v of %+v: %.4f and not %.4f", got, want, got.At(next), want.At(next))
		}
		l[3] *= 1.3
		if got, err = FitPowerLaw(c, l); err != nil || math.Abs(got.At(next)/want.At(next)-1) > 0.01 {
			t.Errorf("with one point off: %+v of %+v, %v: %.4f and not %.4f", got, want, err, got.At(next), want.At(next))
		}
	}
	for _, c := range [][2][]float64{
		{{1, 2}, {3, 2}}, {{1, 2, 3}, {3, 2}}, {{1, 1, 2}, {3, 3, 2}}, {{1, 2, -3}, {3, 2, 1}}, {{1, 2, 3}, {3, 2, math.NaN()}}, {{1, 2, 3}, {3, 0, 1}},
	} {
		if _, err := FitPowerLaw(c[0], c[1]); !errors.Is(err, ErrFit) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func FuzzFitPowerLaw(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 3.0, 2.0, 1.0)
	f.Add(1e-300, 1e300, 1.0, 1e-300, 1e300, 1.0)
	f.Fuzz(func(t *testing.T, a, b, c, x, y, z float64) {
		p, err := FitPowerLaw([]float64{a, b, c}, []float64{x, y, z})
		if err == nil && !(p.E >= 0 && p.E < min(x, y, z) && p.B >= 0.01 && p.B <= 2) {
			t.Errorf("%+v", p)
		}
	})
}

// A plot is XML that holds each point and text, whatever it is given.
func TestPlot(t *testing.T) {
	for name, p := range map[string]*Plot{
		"nothing": {},
		"texts":   {Title: `<a&"b">`, X: "x", Y: "y", Labels: []string{"<1>", "二"}, Series: []Series{{Name: "]]>", Points: []Dot{{0, 1, 0.5, 1.5}, {1, 2, 2, 2}}}}},
		"log":     {LogX: true, Series: []Series{{Line: true, Points: []Dot{{1e10, 1, 0, 0}, {1e12, 2, 0, 0}, {-1, 3, 0, 0}, {1, math.NaN(), 0, 0}}}}},
		"one":     {Series: []Series{{Points: []Dot{{5, 5, 5, 5}}}}},
	} {
		svg := string(p.SVG())
		want := 0
		for _, s := range p.Series {
			want++
			for _, d := range s.Points {
				if !bad(d.Y) && (!p.LogX || d.X > 0) {
					want++
				}
			}
		}
		got := 0
		x := xml.NewDecoder(strings.NewReader(svg))
		for {
			token, err := x.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, svg)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "circle" {
				got++
			}
		}
		if got != want || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("%s: %d circles, want %d\n%s", name, got, want, svg)
		}
	}
}
