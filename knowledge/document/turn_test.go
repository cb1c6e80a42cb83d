package document

import (
	"fmt"
	"strings"
	"testing"
)

// What goes on over the end of a page is one block, with the places of both; what only stands
// beside it is not.
func TestPDFTurns(t *testing.T) {
	long := []string{"Whoever comes to work by bicycle may leave it in the yard behind the house,", "where the porter keeps an eye on it until the evening, and may wash it there"}
	on := []string{"on Saturdays too, from eight in the morning until four in the afternoon, and", "on the first Monday of a month until six."}
	text := func(y float64, lines ...string) (s string) {
		for i, l := range lines {
			s += line("F1", 11, 60, y-float64(14*i), l)
		}
		return s
	}
	grid := func(y float64, rows ...[]string) (s string) {
		for i, row := range rows {
			for j, cell := range row {
				s += line("F1", 10, []float64{60, 200, 330}[j], y-float64(14*i), cell)
			}
		}
		return s
	}
	head := []string{"Room", "Beds", "Price"}
	rows := [][]string{{"Garden", "2", "40.00"}, {"Tower, north", "3", "65.50"}, {"Cellar", "1", "12.00"}, {"Attic", "4", "71.00"}}
	for name, c := range map[string]struct {
		pages []string
		want  string // blocks, with the pages on which they stand
	}{
		"a sentence":           {[]string{text(90, long...), text(780, on...)}, "12 " + strings.Join(long, " ") + " " + strings.Join(on, " ")},
		"over a footnote":      {[]string{text(120, long...) + line("F1", 8, 60, 60, "The porter is on duty from six."), text(780, on...)}, "12 " + strings.Join(long, " ") + " " + strings.Join(on, " ") + "; 1 The porter is on duty from six."},
		"over three pages":     {[]string{text(90, long...), text(780, "on Saturdays too, and on all the days of the week on which nobody else is"), text(780, "there to see it, as the porter says.")}, "123 " + strings.Join(long, " ") + " on Saturdays too, and on all the days of the week on which nobody else is there to see it, as the porter says."},
		"a word":               {[]string{text(90, long[0], "where the porter keeps an eye on it until the evening, and may wash it there on Satur-"), text(780, "days too, from eight in the morning until four in the afternoon, and longer.")}, "12 " + long[0] + " where the porter keeps an eye on it until the evening, and may wash it there on Saturdays too, from eight in the morning until four in the afternoon, and longer."},
		"a sentence that ends": {[]string{text(90, long[0], "where the porter keeps an eye on it."), text(780, on...)}, "1 " + long[0] + " where the porter keeps an eye on it.; 2 " + strings.Join(on, " ")},
		"a new sentence":       {[]string{text(90, long...), text(780, "Dogs wait at the gate, beside the fountain, where there is water for them in", "the summer.")}, "1 " + strings.Join(long, " ") + "; 2 Dogs wait at the gate, beside the fountain, where there is water for them in the summer."},
		"an item":              {[]string{text(90, long...), text(780, "1. on Saturdays from eight in the morning until four in the afternoon, and", "2. on Mondays.")}, "1 " + strings.Join(long, " ") + "; 2 1. on Saturdays from eight in the morning until four in the afternoon, and; 2 2. on Mondays."},
		"another size":         {[]string{text(90, long...), line("F1", 14, 60, 780, "on Saturdays too, from eight in the morning until four in") + line("F1", 14, 60, 762, "the afternoon")}, "1 " + strings.Join(long, " ") + "; 2 # on Saturdays too, from eight in the morning until four in the afternoon"},
		"a table, its head again": {[]string{text(400, long[0]+" as is said here.") + grid(300, head, rows[0], rows[1]), grid(780, head, rows[2], rows[3])},
			"1 " + long[0] + " as is said here.; 12 [[Room Beds Price] [Garden 2 40.00] [Tower, north 3 65.50] [Cellar 1 12.00] [Attic 4 71.00]]"},
		"a table": {[]string{grid(120, head, rows[0], rows[1], rows[2]), grid(780, rows[3], rows[0], rows[1])},
			"12 [[Room Beds Price] [Garden 2 40.00] [Tower, north 3 65.50] [Cellar 1 12.00] [Attic 4 71.00] [Garden 2 40.00] [Tower, north 3 65.50]]"},
		"two tables": {[]string{grid(120, head, rows[0], rows[1], rows[2]), grid(780, []string{"Boat", "Seats", "Price"}, rows[0], rows[1])},
			"1 [[Room Beds Price] [Garden 2 40.00] [Tower, north 3 65.50] [Cellar 1 12.00]]; 2 [[Boat Seats Price] [Garden 2 40.00] [Tower, north 3 65.50]]"},
	} {
		var got collect
		if err := pdfReader.Read("a.pdf", writePDF(c.pages, ""), &got); err != nil {
			t.Fatal(err)
		}
		d := got.documents[0]
		var list []string
		m, places := d.Markdown()
		for i, b := range d.Blocks {
			s := fmt.Sprint(b.Page)
			for k, r := range b.Rest {
				s += fmt.Sprint(r.Page)
				if r.Box[0] >= r.Box[2] || r.Box[1] >= r.Box[3] {
					t.Errorf("%s: box %v", name, r.Box)
				}
				at := m[places[i].Turns[k]:]
				switch {
				case b.Kind == Table && !strings.HasPrefix(at, "| "+b.Rows[r.At][0]+" |"), b.Kind != Table && !strings.HasPrefix(at, b.Text[r.At:]):
					t.Errorf("%s: the page turns before %.30q", name, at)
				}
			}
			switch b.Kind {
			case Table:
				s += fmt.Sprint(" ", b.Rows)
			case Heading:
				s += " # " + b.Text
			default:
				s += " " + b.Plain()
			}
			list = append(list, s)
		}
		if s := strings.Join(list, "; "); s != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, s, c.want)
		}
	}
}

// Chinese has no small letters: a paragraph goes on where its last line is full, no mark ends it,
// and the next is not indented.
func TestHanTurns(t *testing.T) {
	set := func(texts ...string) (g group) { // a line is x of its left edge, and as many characters as it has, ten points wide
		for i, s := range texts {
			x := float32(60)
			if rest, ok := strings.CutPrefix(s, "　　"); ok {
				s, x = rest, 80
			}
			r := run{text: s, left: x, right: x + 10*float32(len([]rune(s))), top: float32(14 * i), bottom: float32(14*i + 10), size: 10}
			if i == 0 {
				g = group1(r)
			} else {
				g.add(r)
			}
		}
		return g
	}
	above := set("　　职工每年有十五天带薪年假，满", "十年的另加五天，须提前两周向所在", "部门书面申请，由部门负责人根据工")
	for name, c := range map[string]struct {
		above, below group
		want         bool
	}{
		"goes on":         {above, set("作安排审批，并报人力资源部备案。", "未休完的可以留到次年。"), true},
		"indented":        {above, set("　　作安排审批，并报人力资源部备", "案。未休完的可以留到次年三月底。"), false},
		"ended":           {set("　　职工每年有十五天带薪年假，满", "十年的另加五天，须提前两周申请。"), set("作安排审批，并报人力资源部备案。", "未休完的可以留到次年。"), false},
		"not full":        {set("　　职工每年有十五天带薪年假，满", "十年的另加五天"), set("作安排审批，并报人力资源部备案。", "未休完的可以留到次年。"), false},
		"a number begins": {above, set("（一）作安排审批，并报人力资源部", "未休完的可以留到次年。"), false},
	} {
		if got := c.above.overTo(&c.below, 842, 842); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func group1(r run) group {
	return group{left: r.left, top: r.top, right: r.right, bottom: r.bottom, size: r.size, lines: []run{r}}
}
