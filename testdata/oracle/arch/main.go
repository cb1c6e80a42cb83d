// Writes what engine/model makes of token ids, for live.py of compat/llamacpp:
// the logits after every token, or an encoder's vector or score.
//
//	go run ./testdata/oracle/arch MODEL IDS.json OUT STEP
//
// MODEL is a folder or a GGUF file, IDS.json an array of token ids, OUT raw
// little-endian float32, one row of the vocabulary for each token, and STEP how
// many tokens are evaluated at a time, 0 for all of them.
package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"suiren/engine/model"
)

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: arch MODEL IDS.json OUT STEP")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(path, list, out, step string) error {
	text, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	var ids []int32
	if err := json.Unmarshal(text, &ids); err != nil {
		return fmt.Errorf("%s: %w", list, err)
	}
	cut, err := strconv.Atoi(step)
	if err != nil || cut < 0 || len(ids) == 0 {
		return errors.New("ids to evaluate, and how many at a time")
	}
	if cut == 0 {
		cut = len(ids)
	}
	z, err := evaluate(path, ids, cut)
	if err != nil {
		return err
	}
	raw, err := binary.Append(nil, binary.LittleEndian, z)
	if err != nil {
		return err
	}
	return os.WriteFile(out, raw, 0o666)
}

func evaluate(path string, ids []int32, cut int) ([]float32, error) {
	f, err := model.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Encoder == nil {
		return logits(f, ids, cut)
	}
	e, err := f.NewEncoder(len(ids), 1)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	v := make([]float32, e.Width())
	return v, e.Run([]model.Text{{IDs: ids}}, v)
}

// logits are those after every token. (T, V)
func logits(f *model.File, ids []int32, cut int) ([]float32, error) {
	d, err := f.NewDecoder(cut, len(ids), 1)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	n := (len(ids) + model.PageTokens - 1) / model.PageTokens
	p, err := model.NewPages(&d.Shape, model.KVFloat32, n, n)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	table := make([]int32, n)
	for i := range table {
		table[i] = int32(i)
	}
	z := make([]float32, len(ids)*d.Shape.Vocab)
	for at := 0; at < len(ids); at += cut {
		part := ids[at:min(at+cut, len(ids))]
		s := model.Seq{IDs: part, At: at, Full: table, Window: table, Logits: len(part)}
		if err := d.Step(p, []model.Seq{s}, z[at*d.Shape.Vocab:]); err != nil {
			return nil, err
		}
	}
	return z, nil
}
