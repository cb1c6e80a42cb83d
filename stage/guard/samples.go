package guard

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"suiren/internal/say"
)

// A Sample is a held-out problem that the scenario answered right: a question
// to begin a conversation with.
type Sample struct {
	Family, Lang, Prompt string
	Level                int
}

// Samples reads the held-out problems that the scenario of a verdict's
// directory answered right, in the order in which they were asked.
func Samples(dir string) ([]Sample, error) {
	path := filepath.Join(dir, repliesFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []Sample
	d := json.NewDecoder(bufio.NewReader(io.LimitReader(f, 1<<30)))
	for {
		var l line
		if err := d.Decode(&l); err == io.EOF {
			return list, nil
		} else if err != nil {
			return nil, &say.Error{Where: path, Err: err, What: say.T("this is not the evidence of a verdict: %v", "这不是评测的证据：%v", err),
				Next: say.T("check the store with suiren store verify", "请用 suiren store verify 检查存储")}
		}
		if n := len(l.Replies); l.Part == "heldout" && n > 0 && l.Replies[n-1].Right { // the tutor answers last
			list = append(list, Sample{l.Family, l.Lang, l.Prompt, l.Level})
		}
	}
}
