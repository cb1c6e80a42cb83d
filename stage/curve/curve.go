// Package curve keeps what a step tells of itself while it trains: a folder
// with a table of its metrics (curve.csv), what it counted (curve.json) and an
// event file that TensorBoard reads. The folder lies beside the artifact and
// never in it: it has times in it.
package curve

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"

	"suiren/internal/say"
	"suiren/stage"
)

// The files of a curve.
const (
	tableFile = "curve.csv"
	infoFile  = "curve.json"
)

// Bounds of what is read.
const (
	maxTable   = 256 << 20 // bytes
	maxInfo    = 1 << 20
	maxColumns = 1000
	maxRows    = 2 << 20
)

// A Point is what was told of one step of training.
type Point struct {
	Step   int
	Time   float64 // seconds since 1970
	Values map[string]float64
}

// A Curve is the points of a run in order of their steps, each step once.
type Curve struct {
	Info
	Points []Point
}

// Info is curve.json.
type Info struct {
	Counts map[string]float64 `json:"counts,omitempty"` // the last of each that was counted
	Runs   []string           `json:"runs,omitempty"`   // ids of the runs that made it, oldest first
}

// Read reads the curve in a folder. The error wraps fs.ErrNotExist if there
// is none.
func Read(dir string) (*Curve, error) {
	c := new(Curve)
	path := filepath.Join(dir, infoFile)
	b, err := stage.ReadFile(path, maxInfo)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		if err := json.Unmarshal(b, &c.Info); err != nil {
			return nil, damaged(path, err)
		}
	}
	path = filepath.Join(dir, tableFile)
	if b, err = stage.ReadFile(path, maxTable); err != nil {
		return nil, err
	}
	if c.Points, err = parse(b); err != nil {
		return nil, damaged(path, err)
	}
	return c, nil
}

// Series returns the steps and values of one metric, in order.
func (c *Curve) Series(name string) (steps []int, values []float64) {
	for _, p := range c.Points {
		if v, ok := p.Values[name]; ok {
			steps, values = append(steps, p.Step), append(values, v)
		}
	}
	return steps, values
}

func damaged(path string, err error) error {
	return &say.Error{Where: path, What: say.T("this curve of a run cannot be read: %v", "无法读取这条训练曲线：%v", err),
		Next: say.T("remove the folder; the next run writes it anew", "请删除所在目录，下次运行会重新写出"), Err: err}
}

// parse reads a table. A last line that was cut off is left out: the process
// was killed while it wrote.
func parse(b []byte) ([]Point, error) {
	r := csv.NewReader(bytes.NewReader(b[:bytes.LastIndexByte(b, '\n')+1]))
	r.ReuseRecord = true
	head, err := r.Read()
	if err == io.EOF {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	names := slices.Clone(head)
	if len(names) < 2 || len(names) > maxColumns || names[0] != "step" || names[1] != "time" {
		return nil, say.Errorf("the first line does not begin with step,time", "首行不是以 step,time 开头")
	}
	var list []Point
	for {
		row, err := r.Read()
		if err == io.EOF {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		p := Point{Values: map[string]float64{}}
		if p.Step, err = strconv.Atoi(row[0]); err != nil || p.Step < 0 || len(list) >= maxRows ||
			len(list) > 0 && p.Step <= list[len(list)-1].Step {
			return nil, say.Errorf("line %d: %q is not the next step", "第 %d 行：%q 不是后续步数", line, row[0])
		}
		for i, text := range row[1:] {
			if text == "" {
				continue
			}
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, say.Errorf("line %d: %q is not a number", "第 %d 行：%q 不是数字", line, text)
			}
			if i == 0 {
				p.Time = v
			} else if !math.IsNaN(v) && !math.IsInf(v, 0) {
				p.Values[names[i+1]] = v
			}
		}
		list = append(list, p)
	}
}

// format writes one row of a table.
func format(b []byte, names []string, p *Point) []byte {
	b = strconv.AppendInt(b, int64(p.Step), 10)
	b = append(b, ',')
	b = strconv.AppendFloat(b, p.Time, 'f', 3, 64)
	for _, name := range names {
		b = append(b, ',')
		if v, ok := p.Values[name]; ok {
			b = strconv.AppendFloat(b, v, 'g', -1, 64)
		}
	}
	return append(b, '\n')
}

// header writes the first line of a table.
func header(names []string) []byte {
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	w.Write(append([]string{"step", "time"}, names...))
	w.Flush()
	return buf.Bytes()
}

// columns are the names of all values of points: those of first in their
// order, then the others by the alphabet.
func columns(first []string, points []Point) []string {
	have := map[string]bool{}
	for _, name := range first {
		have[name] = true
	}
	more := map[string]bool{}
	for _, p := range points {
		for name := range p.Values {
			if !have[name] {
				more[name] = true
			}
		}
	}
	return append(slices.Clone(first), slices.Sorted(maps.Keys(more))...)
}
