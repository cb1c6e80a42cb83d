package infer

import (
	"errors"
	"fmt"

	"suiren/engine/model"
	"suiren/engine/tensor"
)

// Options say how an engine runs a model.
type Options struct {
	Slots   int          // requests at a time; 0: 8
	Limit   int          // tokens of prompt and answer together; 0: the model's context
	Threads int          // 0: 1
	KV      model.KVType // of keys and values. Models of our own training are answered in float32, as they were trained
	Memory  int64        // bytes for keys and values; 0: what Slots requests of Limit tokens need
	Tokens  int          // of the vocabulary: the model's rows behind them are never chosen; 0: all rows are tokens
}

// What a step of an engine may hold.
const (
	readRows   = 512 // tokens of prompts, when nothing is written
	readChunk  = 128 // when something is: the next token of the others waits for them
	spareRows  = 32  // logits beyond one for each request, for guesses and prompts
	growPages  = 4   // for which there must be room when a request is admitted
	answerRows = 256 // tokens of prompts in a step of a Sampler
)

// A Memory is what an engine takes, known before it is taken.
type Memory struct {
	Model  int64 // the packed weights and the scratch of a step
	Pages  int64 // keys and values
	Logits int64
	Full   int // pages of the full-attention layers
	Window int // of the layers that slide or have a state
	Limit  int // tokens of a sequence that fit

	// On the Go heap.
	Choosing int64 // what chooses tokens
	Vectors  int64 // of the model

	full, window int64 // bytes of a page
}

// Total returns the bytes of all of it.
func (m *Memory) Total() int64 { return m.Pages + m.Rest() }

// Rest returns the bytes of all but keys and values.
func (m *Memory) Rest() int64 { return m.Model + m.Logits + m.Choosing + m.Vectors }

// ErrMemory says that a model cannot run in the memory it is given.
var ErrMemory = errors.New("infer: not enough memory for keys and values")

// A MemoryError is an ErrMemory with its numbers.
type MemoryError struct {
	Need, Have int64 // bytes: for one short request, and given
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("%v: one request of %d tokens needs %d bytes, %d are given", ErrMemory, leastPages*pageTokens, e.Need, e.Have)
}

func (e *MemoryError) Unwrap() error { return ErrMemory }

// leastPages is what an engine must be able to hold to be worth starting.
const leastPages = 8

func (o Options) filled(context int) Options {
	if o.Slots <= 0 {
		o.Slots = 8
	}
	o.Threads = max(o.Threads, 1)
	if o.Limit <= 0 || o.Limit > context {
		o.Limit = context
	}
	return o
}

// size returns what batches of a model of shape s can hold in steps of rows tokens.
func (o Options) size(s *model.Shape, rows, chunk int) batchSize {
	return batchSize{vocab: s.Vocab, tokens: min(o.Tokens, s.Vocab), slots: o.Slots, limit: o.Limit, rows: rows, chunk: chunk, outs: o.Slots + spareRows, ahead: growPages, workers: o.Threads}
}

// plan counts the pages and what goes with them.
func (o Options) plan(s *model.Shape, z *batchSize) (Memory, error) {
	full, window := model.PageBytes(s, o.KV)
	m := Memory{full: int64(full), window: int64(window), Limit: z.limit, Full: o.Slots * pagesOf(z.limit)}
	least := 0
	if reach := s.Reach(); reach > 0 { // what the slots hold at most; as much again to resume from
		least = o.Slots*((reach+pageTokens-2)/pageTokens+2) + pagesOf(z.rows)
		if s.Delta != nil { // of a step, two states are kept
			least = 3*o.Slots + 2
		}
		m.Window = max(least, min(2*least, m.Full)) // a page of them goes with one of the full layers
	}
	if o.Memory > 0 {
		if need := int64(least)*m.window + leastPages*m.full; need > o.Memory {
			return m, &MemoryError{need, o.Memory}
		}
		if m.window > 0 {
			m.Window = max(least, int(min(int64(m.Window), o.Memory/2/m.window)))
		}
		if m.full > 0 {
			m.Full = int(min(int64(1<<24), (o.Memory-int64(m.Window)*m.window)/m.full))
		}
		if n := m.Full * pageTokens; n < z.limit {
			z.limit, z.memory, m.Limit = n, true, n
		}
	}
	m.Pages = int64(m.Full)*m.full + int64(m.Window)*m.window
	v := int64(z.vocab)
	m.Logits, m.Choosing = 4*v*int64(z.outs), int64(z.workers)*(12*v+v/8+16*v)
	return m, nil
}

// Plan returns the memory that Open takes, without taking it.
func Plan(f *model.File, o Options) (Memory, error) {
	o = o.filled(f.Shape.Context)
	z := o.size(&f.Shape, readRows+o.Slots, readChunk)
	m, err := o.plan(&f.Shape, &z)
	if err != nil {
		return m, err
	}
	m.Model, m.Vectors, err = f.DecoderBytes(z.rows, z.limit, z.workers)
	return m, err
}

// openBatch opens a decoder of a file, which computes so many rows at once besides
// one for each slot, and reads prompts in chunks of so many tokens, and its batch.
func openBatch(f *model.File, o Options, rows, chunk int) (*batch, *model.Decoder, error) {
	o = o.filled(f.Shape.Context)
	z := o.size(&f.Shape, rows+o.Slots, chunk)
	m, err := o.plan(&f.Shape, &z)
	if err != nil {
		return nil, nil, err
	}
	dec, err := f.NewDecoder(z.rows, z.limit, z.workers)
	if err != nil {
		return nil, nil, err
	}
	b, err := layBatch(dec, o.KV, z, m)
	return b, dec, err
}

// layBatch returns a batch of a decoder and takes its memory. The decoder is
// closed with it.
func layBatch(dec *model.Decoder, kv model.KVType, z batchSize, m Memory) (*batch, error) {
	pages, err := model.NewPages(&dec.Shape, kv, m.Full, m.Window)
	if err != nil {
		dec.Close()
		return nil, err
	}
	logits, err := tensor.NewArena(z.outs * z.vocab)
	if err != nil {
		pages.Close()
		dec.Close()
		return nil, err
	}
	var window *pool
	if dec.Shape.Reach() > 0 {
		window = newPool(m.Window)
	}
	b := newBatch(z, dec, newTree(newPool(m.Full), window, dec.Shape.Reach()), logits.Float32(z.outs*z.vocab))
	b.tree.states = dec.Shape.Delta != nil
	b.pages, b.copyPage = pages, pages.Copy
	b.close = func() {
		logits.Close()
		pages.Close()
		dec.Close()
	}
	return b, nil
}
