// Command guard makes the model of stage/guard/classify again, to the same bytes,
// and tells how it does on what it did not see:
//
//	go run ./examples/guard -data ../shared/data -o stage/guard/classify/model.zst
//
// It learns from the sentences of harm.txt and injection.txt, which were written for
// it, and from parts of these sets, whose licences allow it: COLD (Apache-2.0, Jiawen
// Deng and others; four fifths of dev), BIPIA (MIT, Microsoft; most attacks, half of the
// e-mails), GSM8K, Math23K and Ape210K (MIT), Shakespeare's plays, and the descriptions
// of the OpenAI API (MIT).
//
// The confidence from which a sentence counts was chosen by half of XSTest (CC BY 4.0,
// Paul Röttger and others) for harm, and by CMRC 2018 and WikiText-2 for the others.
//
// The author of harm.txt and of the lists of words had read all of XSTest, its other
// half too, so its figure is better than that of a set nobody has seen.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/klauspost/compress/zstd"
)

func main() {
	data := flag.String("data", "../shared/data", "the folder of the sets")
	out := flag.String("o", "", "where the model goes")
	flag.Parse()
	sets, err := read(*data)
	if err != nil {
		log.Fatal(err)
	}
	m := train(sets)
	fmt.Print(measure(m, sets))
	if *out == "" {
		return
	}
	packed, err := pack(m.Marshal())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(packed), "bytes")
	if err := os.WriteFile(*out, packed, 0o666); err != nil {
		log.Fatal(err)
	}
}

func pack(raw []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer w.Close()
	return w.EncodeAll(raw, nil), nil
}
