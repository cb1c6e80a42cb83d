package document

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is taken for a table without lines: text that only happens to
// stand side by side is no table.
const (
	leastRows     = 3
	leastPairRows = 4  // of two columns, of which the second holds numbers
	longestCell   = 60 // characters
	usualCell     = 24 // characters of the middle one
)

// aligned finds the tables whose columns are told by where their cells stand
// alone, and takes their text out of runs: rows that follow one upon another,
// white strips through all of them, and cells that begin, end or centre at one place.
func aligned(runs []run) (tables []group, rest []run) {
	if len(runs) < 2*leastRows || len(runs) > 5000 || rightToLeft(runs) {
		return nil, runs
	}
	rows := rowsOf(runs)
	for i := 0; i < len(rows); {
		t, n := tableAt(rows[i:])
		if n == 0 {
			rest = append(rest, rows[i]...)
			i++
			continue
		}
		tables = append(tables, t)
		i += n
	}
	if len(tables) == 0 {
		return nil, runs
	}
	return tables, rest
}

// rowsOf puts runs that stand beside each other together, from left to right.
func rowsOf(runs []run) [][]run {
	sorted := slices.SortedStableFunc(slices.Values(runs), func(a, b run) int { return cmp.Compare(a.bottom+a.top, b.bottom+b.top) })
	var rows [][]run
	for _, r := range sorted {
		if n := len(rows); n > 0 {
			first := rows[n-1][0]
			if over := min(r.bottom, first.bottom) - max(r.top, first.top); over > 0.5*min(r.bottom-r.top, first.bottom-first.top) {
				rows[n-1] = append(rows[n-1], r)
				continue
			}
		}
		rows = append(rows, []run{r})
	}
	for i, row := range rows {
		slices.SortStableFunc(row, func(a, b run) int { return cmp.Compare(a.left, b.left) })
		joined := row[:1]
		for _, r := range row[1:] {
			if last := &joined[len(joined)-1]; r.left-last.right < 0.15*last.size { // a mark above the line parts them
				last.text = beside(*last, r)
				last.top, last.right, last.bottom = min(last.top, r.top), max(last.right, r.right), max(last.bottom, r.bottom)
				continue
			}
			joined = append(joined, r)
		}
		rows[i] = joined
	}
	return rows
}

// A column is a strip, and the cells in it, by row.
type column struct {
	left, right float32
	cells       map[int][]run
}

// tableAt reads the table that begins with the first row, and how many rows it has; 0 if none does.
func tableAt(rows [][]run) (t group, n int) {
	var columns []column
	for ; n < len(rows) && n < 400; n++ {
		row := rows[n]
		if len(row) < 2 || n > 0 && row[0].top-rows[n-1][0].bottom > 2*max(row[0].size, 1) {
			break
		}
		wider, ok := widen(columns, row, n)
		if !ok {
			break
		}
		columns = wider
	}
	if n < leastRows || len(columns) < 2 || len(columns) > 40 {
		return t, 0
	}
	for _, c := range columns {
		delete(c.cells, n) // of a row that did not fit
	}
	slices.SortFunc(columns, func(a, b column) int { return cmp.Compare(a.left, b.left) })
	filled, em := 0, max(rows[0][0].size, 1)
	var sizes []int
	for i, c := range columns {
		filled += len(c.cells)
		if i > 0 && c.left-columns[i-1].right < 0.6*em || !c.straight(em) {
			return t, 0
		}
		for _, cell := range c.cells {
			size := 0
			for _, r := range cell {
				size += utf8.RuneCountInString(r.text)
			}
			if size > longestCell {
				return t, 0
			}
			sizes = append(sizes, size)
		}
	}
	slices.Sort(sizes)
	if 10*filled < 7*n*len(columns) || sizes[len(sizes)/2] > usualCell || len(columns) == 2 && (n < leastPairRows || !columns[1].numbers()) {
		return t, 0
	}
	t = group{left: columns[0].left, right: columns[len(columns)-1].right, top: rows[0][0].top, bottom: rows[n-1][0].bottom, size: em}
	for i := range n {
		var row []string
		for _, c := range columns {
			var cell run
			for _, r := range c.cells[i] {
				text := beside(cell, r)
				cell = r
				cell.text = text
			}
			row = append(row, cell.text)
		}
		for _, r := range rows[i] {
			t.top, t.bottom = min(t.top, r.top), max(t.bottom, r.bottom)
		}
		t.table = append(t.table, row)
	}
	return t, n
}

// widen puts a row into columns, and makes new ones; it is not ok if a cell would
// stand in two.
func widen(columns []column, row []run, at int) ([]column, bool) {
	list := make([]column, len(columns), len(columns)+len(row))
	copy(list, columns)
	for _, r := range row {
		in := -1
		for i, c := range list {
			if r.left < c.right && r.right > c.left {
				if in >= 0 {
					return nil, false
				}
				in = i
			}
		}
		if in < 0 {
			list = append(list, column{left: r.left, right: r.right, cells: map[int][]run{at: {r}}})
			continue
		}
		c := &list[in]
		c.left, c.right = min(c.left, r.left), max(c.right, r.right)
		for i, o := range list {
			if i != in && o.left < c.right && o.right > c.left {
				return nil, false
			}
		}
		c.cells[at] = append(c.cells[at], r)
	}
	return list, true
}

// straight reports whether most cells begin, end or centre at one place.
func (c *column) straight(em float32) bool {
	for _, where := range []func(cell []run) float32{
		func(cell []run) float32 { return cell[0].left },
		func(cell []run) float32 { return cell[len(cell)-1].right },
		func(cell []run) float32 { return (cell[0].left + cell[len(cell)-1].right) / 2 },
	} {
		var at []float32
		for _, cell := range c.cells {
			at = append(at, where(cell))
		}
		slices.Sort(at)
		middle, near := at[len(at)/2], 0
		for _, x := range at {
			if abs(x-middle) < 0.4*em {
				near++
			}
		}
		if 4*near >= 3*len(at) {
			return true
		}
	}
	return false
}

// numbers reports whether most cells hold a digit.
func (c *column) numbers() bool {
	n := 0
	for _, cell := range c.cells {
		if slices.ContainsFunc(cell, func(r run) bool { return strings.ContainsFunc(r.text, unicode.IsDigit) }) {
			n++
		}
	}
	return 10*n >= 7*len(c.cells)
}
