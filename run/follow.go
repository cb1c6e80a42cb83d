package run

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"suiren/internal/say"
	"suiren/store"
)

// Latest is the id of the newest run, whichever it is.
const Latest = "latest"

const suffix = ".jsonl"

func logPath(dir, id string) string { return filepath.Join(dir, id+suffix) }

// An id is the time of the run's beginning to a tenth of a millisecond.
var idForm = regexp.MustCompile(`^\d{8}T\d{6}Z-\d{4}$`)

func formatID(t time.Time) string {
	return t.Format("20060102T150405Z-") + fmt.Sprintf("%04d", t.Nanosecond()/1e5)
}

func parseID(id string) (time.Time, bool) {
	if !idForm.MatchString(id) {
		return time.Time{}, false
	}
	t, err := time.Parse("20060102T150405Z.0000", strings.Replace(id, "-", ".", 1))
	return t, err == nil
}

// newID returns an id later than all in dir, even if the clock was set back:
// a machine without a battery begins in 1970.
func newID(dir string, now time.Time) (string, error) {
	have, err := ids(dir)
	if err != nil {
		return "", err
	}
	now = now.UTC()
	if len(have) > 0 {
		if last, _ := parseID(have[0]); formatID(now) <= have[0] {
			now = last.Add(100 * time.Microsecond)
		}
	}
	return formatID(now), nil
}

// ids returns the ids of the runs in dir, newest first.
func ids(dir string) ([]string, error) {
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range list {
		id, ok := strings.CutSuffix(e.Name(), suffix)
		if _, is := parseID(id); ok && is && e.Type().IsRegular() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids, nil
}

// An Info tells of a run.
type Info struct {
	ID    string    `json:"id"`
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended,omitzero"` // zero while it is running; of its last line if it died
	State string    `json:"state"`
	Last  *Words    `json:"-"` // of its end; nil before it, and if it died
}

// Why is what a run that failed failed at, in lang; "" of any other.
func (i *Info) Why(lang say.Lang) string {
	switch {
	case i.State != Failed || i.Last == nil:
		return ""
	case lang == say.Chinese:
		return i.Last.Zh
	}
	return i.Last.En
}

// Runs returns the runs of the store in dir, newest first.
func Runs(dir string) ([]Info, error) {
	dir = filepath.Join(dir, "runs")
	list, err := ids(dir)
	if err != nil {
		return nil, err
	}
	infos := []Info{}
	for _, id := range list {
		info, err := read(logPath(dir, id), id)
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// read reads a run's first and last lines.
func read(path, id string) (Info, error) {
	began, _ := parseID(id)
	info := Info{ID: id, Began: began, State: Running}
	f, err := os.Open(path)
	if err != nil {
		return info, err
	}
	defer f.Close()
	if first, err := bufio.NewReaderSize(f, 4096).ReadSlice('\n'); err == nil {
		if l := new(Line); json.Unmarshal(first, l) == nil && !l.Time.IsZero() {
			info.Began = l.Time
		}
	}
	alive := store.Held(path) // before the reading: a run ends its file first
	last, err := lastLine(f)
	switch {
	case err != nil:
		return info, err
	case last.Type == TypeEnd && (last.State == Done || last.State == Failed):
		info.State, info.Ended, info.Last = last.State, last.Time, last.Text
	case last.Type == TypeEnd || !alive:
		info.State, info.Ended = Interrupted, last.Time
	}
	return info, nil
}

// lastLine returns the last whole line of a run; the zero Line if there is none.
func lastLine(f *os.File) (l Line, err error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return l, err
	}
	for n := int64(8 << 10); ; n *= 4 {
		n = min(n, size)
		b := make([]byte, n)
		if _, err := f.ReadAt(b, size-n); err != nil && err != io.EOF {
			return l, err
		}
		if end := bytes.LastIndexByte(b, '\n'); end >= 0 {
			if start := bytes.LastIndexByte(b[:end], '\n'); start >= 0 || n == size {
				json.Unmarshal(b[start+1:end], &l) // a damaged line is as none
				return l, nil
			}
		}
		if n == size || n > 2*maxLine {
			return l, nil
		}
	}
}

// An Event is a line of a run for a reader.
type Event struct {
	ID   int64
	Data json.RawMessage // Line.In
}

// poll is how often a live run is looked at.
const poll = 200 * time.Millisecond

// Follow reads the lines of a run of the store in dir that come after the
// line with id after, and waits for more while it is alive, in this process
// or another. It ends after the run's end line, when the run's process has
// died, when ctx is done, or, for Latest, when there is no run yet. The error
// wraps store.ErrNotFound if there is no such run.
func Follow(ctx context.Context, dir, id string, after int64, lang say.Lang) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := follow(ctx, filepath.Join(dir, "runs"), id, func(l Line) bool {
			return l.ID <= after || yield(Event{l.ID, l.In(lang)}, nil)
		}); err != nil {
			yield(Event{}, err)
		}
	}
}

// follow hands each line to see until that returns false.
func follow(ctx context.Context, dir, id string, see func(Line) bool) error {
	if id == Latest {
		list, err := ids(dir)
		if err != nil || len(list) == 0 {
			return err
		}
		id = list[0]
	}
	path := logPath(dir, id)
	f, err := (*os.File)(nil), fs.ErrNotExist
	if _, ok := parseID(id); ok { // an id may come from anywhere
		f, err = os.Open(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return &say.Error{What: say.T("there is no run %q", "没有编号为 %q 的运行", clip(id, 40)), Err: store.ErrNotFound}
	}
	if err != nil {
		return err
	}
	defer f.Close()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for at, n := int64(0), 0; ; {
		alive := store.Held(path) // before the reading: a run ends its file first
		whole, err := eachLine(io.NewSectionReader(f, at, 1<<62), func(b []byte) (bool, error) {
			n++
			var l Line
			if err := json.Unmarshal(b, &l); err != nil {
				return false, &say.Error{Where: fmt.Sprintf("%s:%d", path, n), What: say.T("this line of a run is damaged: %v", "运行记录的这一行已损坏：%v", err),
					Next: say.T("the run's artifacts are not touched by it; suiren store verify checks those", "产物不受影响；可用 suiren store verify 检查"), Err: err}
			}
			return see(l) && l.Type != TypeEnd, nil
		})
		if at += whole; err == errStop {
			return nil
		}
		if err != nil || !alive {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

var errStop = errors.New("enough")

// eachLine hands every line that has its end to see, and returns the bytes
// they take. It returns errStop when see returns false.
func eachLine(r io.Reader, see func(line []byte) (more bool, err error)) (whole int64, err error) {
	b := bufio.NewReaderSize(r, 64<<10)
	var line []byte
	for {
		part, err := b.ReadSlice('\n')
		if line = append(line, part...); len(line) > maxLine {
			return whole, say.Errorf("a line of a run is longer than %d bytes", "运行记录中有一行超过 %d 字节", maxLine)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF:
			return whole, nil
		case err != nil:
			return whole, err
		}
		whole += int64(len(line))
		more, err := see(line)
		if err != nil {
			return whole, err
		}
		if !more {
			return whole, errStop
		}
		line = line[:0]
	}
}
