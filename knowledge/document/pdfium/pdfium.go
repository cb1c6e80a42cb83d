// Package pdfium asks PDFium, as WebAssembly, what stands on the pages of a
// PDF: characters with their boxes, lines, pictures. The module has no files,
// no network, no clock; a fault in it is an error here.
package pdfium

import (
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

//go:embed pdfium.wasm.zst
var packed []byte

// Errors of Open.
var (
	ErrPassword = errors.New("it asks for a password")
	ErrFormat   = errors.New("it is no PDF, or damaged beyond repair")
)

// maxMemory bounds the memory of the module, in pages of 64 KiB.
const maxMemory = 16 << 10 // 1 GiB

// A Library is one PDFium. It is not safe for concurrent use.
type Library struct {
	ctx     context.Context
	runtime wazero.Runtime
	code    wazero.CompiledModule
	module  api.Module
	calls   map[string]api.Function
	scratch uint64 // of the module's memory
	stack   [8]uint64
}

// scratchSize is enough for the numbers and texts that calls return.
const scratchSize = 4096

// New compiles PDFium, which takes seconds, or milliseconds where folder
// cache has the machine code from before; "" is no folder.
func New(ctx context.Context, cache string) (*Library, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	wasm, err := z.DecodeAll(packed, nil)
	if err != nil {
		return nil, err
	}
	config := wazero.NewRuntimeConfig().WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).WithMemoryLimitPages(maxMemory)
	if cache != "" {
		if c, err := wazero.NewCompilationCacheWithDir(cache); err == nil { // without, it only takes longer
			config = config.WithCompilationCache(c)
		}
	}
	l := &Library{ctx: ctx, runtime: wazero.NewRuntimeWithConfig(ctx, config)}
	if _, err = wasi_snapshot_preview1.Instantiate(ctx, l.runtime); err == nil {
		l.code, err = l.runtime.CompileModule(ctx, wasm)
	}
	if err == nil {
		err = l.callbacks()
	}
	if err == nil {
		err = l.start()
	}
	if err != nil {
		l.runtime.Close(ctx)
		return nil, fmt.Errorf("PDFium does not start: %w", err)
	}
	return l, nil
}

// callbacks gives the module what it imports: callbacks that do nothing,
// since nothing is registered that would call them.
func (l *Library) callbacks() error {
	b := l.runtime.NewHostModuleBuilder("env")
	for _, f := range l.code.ImportedFunctions() {
		if module, name, _ := f.Import(); module == "env" {
			results := len(f.ResultTypes())
			b.NewFunctionBuilder().WithGoFunction(api.GoFunc(func(_ context.Context, stack []uint64) {
				if results > 0 {
					stack[0] = 0
				}
			}), f.ParamTypes(), f.ResultTypes()).Export(name)
		}
	}
	_, err := b.Instantiate(l.ctx)
	return err
}

// start makes a fresh instance of the module.
func (l *Library) start() error {
	if l.module != nil {
		l.module.Close(l.ctx)
	}
	m, err := l.runtime.InstantiateModule(l.ctx, l.code, wazero.NewModuleConfig().WithStartFunctions("_initialize").WithName(""))
	if err != nil {
		return err
	}
	l.module, l.calls = m, map[string]api.Function{}
	if _, err := l.call("FPDF_InitLibrary"); err != nil {
		return err
	}
	l.scratch, err = l.call("malloc", scratchSize)
	return err
}

// Close gives all memory back.
func (l *Library) Close() error { return l.runtime.Close(l.ctx) }

// call calls a function of the module. After a fault the module is a new one.
func (l *Library) call(name string, args ...uint64) (uint64, error) {
	f := l.calls[name]
	if f == nil {
		if f = l.module.ExportedFunction(name); f == nil {
			return 0, fmt.Errorf("PDFium has no %s", name)
		}
		l.calls[name] = f
	}
	copy(l.stack[:], args)
	err := f.CallWithStack(l.ctx, l.stack[:max(len(args), 1)])
	return l.stack[0], err
}

func (l *Library) f64(offset uint64) float64 {
	v, _ := l.module.Memory().ReadFloat64Le(uint32(l.scratch + offset))
	return v
}

func (l *Library) f32(offset uint64) float32 {
	v, _ := l.module.Memory().ReadFloat32Le(uint32(l.scratch + offset))
	return v
}

// text calls a function that writes UTF-16 into a buffer and returns its
// length in bytes with the zero at its end.
func (l *Library) text(name string, args ...uint64) string {
	n, err := l.call(name, append(args, l.scratch, scratchSize)...)
	if n = uint64(uint32(n)); err != nil || n < 2 {
		return ""
	}
	if n > scratchSize { // it writes nothing where the buffer is too short
		return ""
	}
	return l.utf16(n)
}

// A Document is an open PDF.
type Document struct {
	l         *Library
	data, doc uint64
	Pages     int
}

// Open opens a PDF. It must be closed before the next.
func (l *Library) Open(data []byte) (*Document, error) {
	if len(data) > math.MaxInt32 {
		return nil, ErrFormat
	}
	d := &Document{l: l}
	err := d.open(data)
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *Document) open(data []byte) (err error) {
	if d.data, err = d.l.call("malloc", uint64(len(data))); err != nil {
		return err
	}
	if d.data == 0 || !d.l.module.Memory().Write(uint32(d.data), data) {
		return errors.New("it is too large")
	}
	if d.doc, err = d.l.call("FPDF_LoadMemDocument", d.data, uint64(len(data)), 0); err != nil {
		return err
	}
	if d.doc = uint64(uint32(d.doc)); d.doc == 0 {
		if code, err := d.l.call("FPDF_GetLastError"); err == nil && code == 4 {
			return ErrPassword
		}
		return ErrFormat
	}
	n, err := d.l.call("FPDF_GetPageCount", d.doc)
	d.Pages = max(int(int32(n)), 0)
	return err
}

// Close closes the document. After a fault it makes PDFium anew.
func (d *Document) Close() error {
	var err error
	if d.doc != 0 {
		_, err = d.l.call("FPDF_CloseDocument", d.doc)
	}
	if d.data != 0 && err == nil {
		_, err = d.l.call("free", d.data)
	}
	const roomy = 128 << 20 // bytes; memory never shrinks
	if err != nil || d.l.module.IsClosed() || d.l.module.Memory().Size() > roomy {
		return d.l.start()
	}
	return nil
}

// Meta returns an entry of the document's information: Title, Author, Subject,
// CreationDate, ModDate.
func (d *Document) Meta(tag string) string {
	d.l.module.Memory().Write(uint32(d.l.scratch+scratchSize-64), append([]byte(tag), 0))
	n, err := d.l.call("FPDF_GetMetaText", d.doc, d.l.scratch+scratchSize-64, d.l.scratch, scratchSize-64)
	if n = uint64(uint32(n)); err != nil || n < 4 || n > scratchSize-64 {
		return ""
	}
	return d.l.utf16(n)
}

func (l *Library) utf16(n uint64) string {
	b, _ := l.module.Memory().Read(uint32(l.scratch), uint32(n))
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		if u := binary.LittleEndian.Uint16(b[i:]); u != 0 {
			units = append(units, u)
		}
	}
	return string(utf16.Decode(units))
}
