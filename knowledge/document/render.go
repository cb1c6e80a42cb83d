package document

import (
	"strings"
)

// Text returns the words of the document, a line for each block, item, row
// and line of code; of a piece of a large text, that.
func (d *Document) Text() string {
	if len(d.Blocks) == 0 {
		return d.Source
	}
	var b strings.Builder
	for i := range d.Blocks {
		b.WriteString(d.Blocks[i].Plain())
		b.WriteByte('\n')
	}
	return b.String()
}

// Plain returns the words of a block.
func (b *Block) Plain() string {
	switch b.Kind {
	case Table:
		var rows []string
		for _, r := range b.Rows {
			rows = append(rows, oneLine(strings.Join(r, " | ")))
		}
		return strings.Join(rows, "\n")
	case Item:
		return strings.Repeat("  ", b.Level) + b.mark() + " " + strings.ReplaceAll(b.Text, "\n", " ")
	}
	return b.Text
}

func (b *Block) mark() string {
	if b.Mark != "" {
		return b.Mark
	}
	return "-"
}

// A Place is where a block stands in the text that Markdown returns.
type Place struct {
	Start, End int   // bytes
	Page       int   // 0 where there are none
	Turns      []int // bytes: where each Rest of the block begins
}

// Markdown returns the document in CommonMark with tables, and where each of
// its blocks is in it. What could be taken for a mark is escaped at the
// beginning of a line, where it would change what the block is. Text that stands in the
// file as text is returned as it is, without places.
func (d *Document) Markdown() (string, []Place) {
	if d.Source != "" {
		return d.Source, make([]Place, len(d.Blocks))
	}
	var w strings.Builder
	places := make([]Place, len(d.Blocks))
	for i := range d.Blocks {
		b := &d.Blocks[i]
		if i > 0 {
			w.WriteByte('\n')
			if b.Kind != Item || d.Blocks[i-1].Kind != Item {
				w.WriteByte('\n')
			}
		}
		places[i] = Place{Start: w.Len(), Page: b.Page}
		rows := b.markdown(&w)
		places[i].End = w.Len()
		for _, r := range b.Rest {
			at := w.Len() - (len(b.Text) - r.At) // what a line is escaped by stands before it
			if r.At < len(rows) {
				at = rows[r.At]
			}
			places[i].Turns = append(places[i].Turns, min(max(at, places[i].Start), places[i].End))
		}
	}
	if w.Len() > 0 {
		w.WriteByte('\n')
	}
	return w.String(), places
}

// markdown writes the block, and returns where each row of a table begins.
func (b *Block) markdown(w *strings.Builder) (rows []int) {
	switch b.Kind {
	case Heading:
		w.WriteString(strings.Repeat("#", min(max(b.Level, 1), 6)) + " " + oneLine(b.Text))
	case Item:
		indent := strings.Repeat("   ", min(b.Level, 8))
		w.WriteString(indent + b.mark() + " " + strings.Join(strings.Fields(b.Text), " "))
	case Code:
		fence := "```"
		for strings.Contains(b.Text, fence) {
			fence += "`"
		}
		w.WriteString(fence + oneLine(b.Lang) + "\n" + strings.TrimRight(b.Text, "\n") + "\n" + fence)
	case Table:
		return b.table(w)
	default:
		for i, line := range strings.Split(b.Text, "\n") {
			if i > 0 {
				w.WriteString("\\\n")
			}
			w.WriteString(escape(strings.TrimSpace(line)))
		}
	}
	return nil
}

func (b *Block) table(w *strings.Builder) (at []int) {
	rows := b.Rows
	if len(rows) == 0 {
		return nil
	}
	head := make([]string, len(rows[0])) // GFM has no table without a head
	if b.Head > 0 {
		head, rows = rows[0], rows[1:]
		at = append(at, w.Len())
	}
	row := func(cells []string) {
		for _, c := range cells {
			w.WriteString("| " + strings.ReplaceAll(oneLine(c), "|", `\|`) + " ")
		}
		w.WriteString("|")
	}
	row(head)
	w.WriteString("\n" + strings.Repeat("| --- ", len(head)) + "|")
	for _, r := range rows {
		w.WriteByte('\n')
		at = append(at, w.Len())
		row(r)
	}
	return at
}

// escape protects a line that would begin another kind of block.
func escape(line string) string {
	rest := strings.TrimLeft(line, "0123456789")
	switch {
	case line == "":
		return line
	case strings.ContainsRune("#>|", rune(line[0])), strings.HasPrefix(line, "```"), strings.HasPrefix(line, "~~~"), strings.HasPrefix(line, "==="), strings.HasPrefix(line, "---"), strings.HasPrefix(line, "***"), strings.HasPrefix(line, "___"):
		return `\` + line
	case len(line) > 1 && strings.ContainsRune("-+*", rune(line[0])) && line[1] == ' ':
		return `\` + line
	case len(rest) < len(line) && len(rest) > 1 && (rest[0] == '.' || rest[0] == ')') && rest[1] == ' ':
		return line[:len(line)-len(rest)] + `\` + rest
	}
	return line
}
