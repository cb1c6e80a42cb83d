package stage

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"io"
	"iter"
	"os"
	"path/filepath"
)

// A Question is what an example asks, as hashes: its key, by which the maker of its block
// chooses its part, and of a problem what makes an answer right, for keys that are letters and
// digits do not tell 9-4 from 9+4; 0 of others.
type Question struct{ Key, Right uint64 }

// Asked are questions of examples that are not made yet.
type Asked struct {
	Learnt, Watched []Question
	Whole           bool // there are no others
}

// QuestionOf is the question of an example with such a key and, if it is a problem, verifier.
func QuestionOf(key string, verify json.RawMessage) Question {
	q := Question{Key: hashed([]byte(key))}
	if len(verify) > 0 {
		var b bytes.Buffer
		if json.Compact(&b, verify) != nil {
			b.Write(verify)
		}
		q.Right = hashed(b.Bytes())
	}
	return q
}

// hashed is a hash that is not 0.
func hashed(b []byte) uint64 {
	h := fnv.New128a()
	h.Write(b)
	return binary.BigEndian.Uint64(h.Sum(nil)[8:]) | 1
}

// Same reports whether q and p are one: of two problems an answer is right by the same, too.
func (q Question) Same(p Question) bool {
	return q.Key == p.Key && (q.Right == p.Right || q.Right == 0 || p.Right == 0)
}

// Questions gives those of a part of examples, of so many bytes of its file; 0: of all. It is
// for what is told: a file that cannot be read ends it, and those who learn from it say why.
func Questions(dir string, most int64) (list iter.Seq[Question], whole bool) {
	path := filepath.Join(dir, ExamplesFile)
	info, err := os.Stat(path)
	if err != nil { // lessons
		path = filepath.Join(dir, ProblemsFile)
		info, err = os.Stat(path)
	}
	if err != nil {
		return func(func(Question) bool) {}, false
	}
	if most == 0 {
		most = info.Size()
	}
	return func(yield func(Question) bool) {
		f, err := os.Open(path)
		if err != nil {
			return
		}
		defer f.Close()
		s := bufio.NewScanner(io.LimitReader(f, most))
		s.Buffer(nil, maxExampleLine)
		for s.Scan() {
			var e struct {
				Key    string
				Verify json.RawMessage
			}
			if json.Unmarshal(s.Bytes(), &e) != nil || e.Key != "" && !yield(QuestionOf(e.Key, e.Verify)) {
				return
			}
		}
	}, info.Size() <= most
}
