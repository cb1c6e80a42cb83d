package guard

import (
	"bufio"
	"encoding/json"
	"io"
	"iter"
	"os"
	"path/filepath"

	"suiren/internal/say"
)

// Given is what one model said to a problem. A Judged is a problem with the
// replies of all models of a verdict, in the order of its report's models.
type (
	Given  = given
	Judged = line
)

// Evidence reads all problems of a verdict's directory with their replies.
func Evidence(dir string) iter.Seq2[*Judged, error] {
	return func(yield func(*Judged, error) bool) {
		path := filepath.Join(dir, repliesFile)
		f, err := os.Open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		for d := json.NewDecoder(bufio.NewReader(io.LimitReader(f, 1<<30))); ; {
			l := new(Judged)
			if err := d.Decode(l); err == io.EOF {
				return
			} else if err != nil {
				yield(nil, &say.Error{Where: path, Err: err, What: say.T("this is not the evidence of a verdict: %v", "这不是评测的证据：%v", err),
					Next: say.T("check the store with suiren store verify", "请用 suiren store verify 检查存储")})
				return
			}
			if !yield(l, nil) {
				return
			}
		}
	}
}
