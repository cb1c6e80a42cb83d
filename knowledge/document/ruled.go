package document

import (
	"cmp"
	"slices"
	"strings"

	"suiren/knowledge/document/pdfium"
)

// ruled finds the tables that are drawn with lines, and takes their text out
// of runs. Lines that touch belong to one table; its grid is where they are.
func ruled(lines []pdfium.Line, runs []run) (tables []group, rest []run) {
	if len(lines) > 4000 {
		return nil, runs // a drawing
	}
	for _, set := range touching(lines) {
		var xs, ys []float32
		for _, l := range set {
			if l.X1-l.X0 > l.Y1-l.Y0 {
				ys = append(ys, (l.Y0+l.Y1)/2)
				xs = append(xs, l.X0, l.X1)
			} else {
				xs = append(xs, (l.X0+l.X1)/2)
				ys = append(ys, l.Y0, l.Y1)
			}
		}
		xs, ys = grid(xs), grid(ys)
		if len(xs) < 3 || len(ys) < 3 || len(xs) > 60 || len(ys) > 400 { // one column or row is a frame
			continue
		}
		t := group{left: xs[0], top: ys[0], right: xs[len(xs)-1], bottom: ys[len(ys)-1], size: 10}
		var in, out []run
		for _, r := range runs {
			x, y := (r.left+r.right)/2, (r.top+r.bottom)/2
			if x > t.left && x < t.right && y > t.top && y < t.bottom {
				in = append(in, r)
			} else {
				out = append(out, r)
			}
		}
		cells := make([][][]run, len(ys)-1)
		for i := range cells {
			cells[i] = make([][]run, len(xs)-1)
		}
		for _, r := range in {
			i, j := slot(ys, (r.top+r.bottom)/2), slot(xs, r.left+min(r.size, r.right-r.left)/2)
			cells[i][j] = append(cells[i][j], r)
		}
		filled := 0
		for i := range cells {
			var row []string
			for j := range cells[i] {
				var words []string
				for _, l := range linesOf(cells[i][j], false) {
					words = append(words, l.text)
				}
				text := ""
				for _, w := range words {
					text = glue(text, w)
				}
				if text != "" {
					filled++
				}
				row = append(row, text)
			}
			if strings.Join(row, "") != "" {
				t.table = append(t.table, row)
			}
		}
		if filled < 4 || len(t.table) < 2 || filled*4 < (len(xs)-1)*len(t.table) {
			continue
		}
		tables, runs = append(tables, t), out
	}
	return tables, runs
}

func slot(edges []float32, v float32) int {
	i, _ := slices.BinarySearch(edges, v)
	return min(max(i-1, 0), len(edges)-2)
}

// grid sorts coordinates and joins those that are one line.
func grid(v []float32) []float32 {
	slices.Sort(v)
	var out []float32
	for _, x := range v {
		if len(out) == 0 || x-out[len(out)-1] > 4 {
			out = append(out, x)
		}
	}
	return out
}

// touching divides lines into sets that hang together.
func touching(lines []pdfium.Line) [][]pdfium.Line {
	sorted := slices.SortedFunc(slices.Values(lines), func(a, b pdfium.Line) int {
		return cmp.Or(cmp.Compare(a.Y0, b.Y0), cmp.Compare(a.X0, b.X0))
	})
	set := make([]int, len(sorted))
	for i := range set {
		set[i] = i
	}
	var root func(int) int
	root = func(i int) int {
		for set[i] != i {
			set[i] = set[set[i]]
			i = set[i]
		}
		return i
	}
	const near = 2.5
	for i, a := range sorted {
		for j := i + 1; j < len(sorted) && sorted[j].Y0 <= a.Y1+near; j++ {
			if b := sorted[j]; b.X0 <= a.X1+near && a.X0 <= b.X1+near && a.Y0 <= b.Y1+near {
				x, y := root(i), root(j)
				set[max(x, y)] = min(x, y)
			}
		}
	}
	by := map[int][]pdfium.Line{}
	var order []int
	for i, l := range sorted {
		r := root(i)
		if by[r] == nil {
			order = append(order, r)
		}
		by[r] = append(by[r], l)
	}
	var list [][]pdfium.Line
	for _, r := range order {
		if len(by[r]) >= 4 {
			list = append(list, by[r])
		}
	}
	return list
}
