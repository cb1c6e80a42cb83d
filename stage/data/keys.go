package data

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// keysEnding is that of the file beside a shard with what its documents are
// joined by: of each a byte, whether the rules keep it, a byte, how many keys it
// has, and the keys, 8 bytes each, little-endian.
const keysEnding = ".keys"

// mostKeys is how many keys a document has: of its text, and of the bands.
const mostKeys = 1 + bands

func writeKeys(name string, entries []Entry) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<16)
	var b []byte
	for i := range entries {
		b = append(b[:0], 0, byte(len(entries[i].Keys)))
		if entries[i].Reason == "" {
			b[0] = 1
		}
		for _, k := range entries[i].Keys {
			b = binary.LittleEndian.AppendUint64(b, k)
		}
		if _, err := w.Write(b); err != nil {
			f.Close()
			return err
		}
	}
	return errors.Join(w.Flush(), f.Close())
}

// keys calls f with whether the rules keep each document of all shards, and its keys.
func (c *curator) keys(ctx context.Context, f func(kept bool, keys []uint64) error) error {
	for i := range c.shards {
		if err := readKeys(c.shard(i)+keysEnding, f); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

func readKeys(name string, f func(kept bool, keys []uint64) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 1<<16)
	var b [2 + 8*mostKeys]byte
	var keys [mostKeys]uint64
	for n := 1; ; n++ {
		_, err := io.ReadFull(r, b[:2])
		if errors.Is(err, io.EOF) {
			return nil
		}
		have := int(b[1])
		if err == nil && have > mostKeys {
			err = errors.New("too many keys")
		}
		if err == nil {
			_, err = io.ReadFull(r, b[2:2+8*have])
		}
		if err != nil {
			return badLine(name, n, err)
		}
		for i := range have {
			keys[i] = binary.LittleEndian.Uint64(b[2+8*i:])
		}
		if err := f(b[0] == 1, keys[:have]); err != nil {
			return err
		}
	}
}
