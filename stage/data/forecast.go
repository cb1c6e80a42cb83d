package data

import (
	"cmp"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// What files hold, as far as their sizes tell before they are read. The rates
// were measured on two cores with wikitext2 and CMRC (docs/numerics.md).
const (
	packRate      = 9e6   // bytes of text a second made into rows
	bpeRate       = 4e6   // bytes of text a second learnt from
	curateRate    = 4.5e6 // bytes of text a second through a recipe
	readRate      = 30e6  // bytes of text a second read from text
	parseRate     = 1e6   // bytes of a PDF or an Office file a second
	exampleRate   = 10e6
	tokenRate     = 2e6  // tokens of conversations a second made into rows
	documentBytes = 1000 // of memory a document of a corpus,
	nearBytes     = 2400 // and where those that are nearly equal are looked for
	parseStart    = 2    // seconds until the first such file is read
	slack         = 3    // a rate may be so many times less
)

// textShare is about how many bytes of text a byte of a file holds, by its
// extension; of others one.
var textShare = map[string]float64{
	".pdf": 0.1, ".docx": 0.5, ".xlsx": 1, ".pptx": 0.1, ".odt": 0.5, ".epub": 1.5,
	".html": 0.3, ".htm": 0.3, ".gz": 3, ".zst": 3, ".zip": 2, ".warc": 0.2, ".parquet": 2,
}

// textOf is about how much text the owner's files hold, and how long reading
// them takes.
func textOf(in []stage.Forecast) (text, seconds float64) {
	for _, f := range in {
		plain, parsed := f.Size["bytes"], 0.0
		for name, bytes := range f.Size {
			ext, found := strings.CutPrefix(name, "bytes.")
			share, packed := textShare["."+ext]
			if !found || !packed {
				continue
			}
			plain -= bytes
			text += share * bytes
			parsed += bytes
		}
		if parsed > 0 {
			seconds += parseStart + parsed/parseRate
		}
		text += plain
		seconds += plain / readRate
	}
	return text, seconds
}

// about is the forecast of work that takes so many seconds, known by the size
// of files alone.
func about(seconds float64, memory int64, size map[string]float64) stage.Forecast {
	f := stage.Forecast{Low: seconds / 2, High: seconds * slack, Memory: memory, Size: size, Basis: fromSizes}
	if seconds == 0 {
		f.Basis = lengthUnknown
	}
	return f
}

var fromSizes = say.T("the files' sizes; how long the texts are is known when they were read", "按文件大小估计；读过之后才知道文本有多长")

// Forecast implements stage.Forecaster.
func (d *Documents) Forecast(in map[string][]stage.Forecast, _ stage.Machine) stage.Forecast {
	text, seconds := textOf(in["files"])
	f := about(seconds, 56<<20, map[string]float64{"text": text, "documents": sum(in["files"], "files")})
	f.Files = plainFiles(in["files"])
	return f
}

// Forecast implements stage.Forecaster.
func (c *Corpus) Forecast(in map[string][]stage.Forecast, _ stage.Machine) stage.Forecast {
	text, documents, files := 0.0, 0.0, []string(nil)
	for _, f := range in["from"] {
		files = append(files, excerptFiles(&f)...)
		one, n := f.Size["text"], f.Size["documents"]
		var made documentsReport
		if b, err := stage.ReadFile(filepath.Join(f.Path, "report.json"), maxReport); f.Path != "" && err == nil && json.Unmarshal(b, &made) == nil {
			one, n = float64(made.Bytes), float64(made.Documents)
		}
		text, documents = text+one, documents+n
	}
	each := float64(documentBytes)
	if r := c.recipe(); r.Duplicates == dupNear || r.Duplicates == dupFast {
		each = nearBytes
	}
	memory := 72<<20 + int64(each*documents)
	if c.Epochs > 0 {
		text *= c.Epochs
	}
	f := about(text/curateRate, memory, map[string]float64{"text": text * (1 - c.Split), "split": c.Split})
	f.Files = files
	return f
}

// sum adds a size over what the steps before foretell.
func sum(list []stage.Forecast, size string) (n float64) {
	for _, f := range list {
		n += f.Size[size]
	}
	return n
}

// What a search index takes. Measured with suiren bench knowledge, the memory with plans
// over 0.02 to 30 MB of wikitext2 and CMRC; a model that makes vectors multiplies at about
// half of the peak (suiren bench infer, prompts).
const (
	indexStart   = 0.2 // seconds
	indexRate    = 5e6 // bytes of text a second, vectors of the program's own words included
	indexMemory  = 110 << 20
	indexShare   = 3.3  // bytes of memory a byte of text
	passageBytes = 1000 // of text, about
	embedShare   = 0.5
	textPerToken = 4 // bytes, of the large vocabularies of such models
)

// Forecast implements stage.Forecaster.
func (k *Knowledge) Forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	text := sum(in["from"], "text")
	passages := text / passageBytes
	seconds, memory := indexStart+text/indexRate, indexMemory+indexShare*text
	if !k.Embedder.IsZero() {
		params, bytes := sum(in["embedder"], "params"), sum(in["embedder"], "bytes")
		if params == 0 {
			params = bytes / 2 // two bytes a parameter, about
		}
		memory += max(bytes, 2*params)
		if params == 0 || m.Peak == 0 {
			f := about(0, int64(memory), map[string]float64{"passages": passages})
			f.Basis = speedUnknown
			return f
		}
		seconds += 2 * params * text / textPerToken / (m.Peak * embedShare)
	}
	return about(seconds, int64(memory), map[string]float64{"passages": passages})
}

var speedUnknown = say.T("how long the model takes is known when it is there and this machine was measured", "模型就位、本机测量之后才知道需要多久")

// counted foretells rows of conversations by counting some of them in the words that they
// are written in, or roughly where those are not at hand; false if there is none to count.
// wrong is what a run would refuse of those that are counted.
func (t *Tokens) counted(in map[string][]stage.Forecast, w *talk.Writer) (_ stage.Forecast, ok bool, wrong []*say.Error) {
	if len(in["from"]) == 0 {
		return stage.Forecast{}, false, nil
	}
	rough := false
	vocab := sum(in["tokenizer"], "vocab")
	if w != nil {
		vocab = float64(w.Tokenizer.Vocab())
	} else {
		var err error
		if w, err = talk.Rough(talk.BytesPerToken(cmp.Or(vocab, baseVocab))); err != nil {
			return stage.Forecast{}, false, nil
		}
		rough = true
	}
	docs, tokens, learnt := 0.0, 0.0, 0.0
	left, answers := 0.0, 0.0     // answers that are longer than a row with what stands before them, of all
	over, all := int64(0), !rough // the same of what is counted; none is left uncounted
	var faults stage.Faults
	for i := range in["from"] {
		f := &in["from"][i]
		some, whole := sampleOf(f)
		if len(some) == 0 || f.Size["examples"] == 0 {
			return stage.Forecast{}, false, nil
		}
		all = all && whole
		part := f.Size["examples"] / float64(len(some))
		if whole {
			part = 1
		}
		for k := range some {
			e := some[k]
			if t.Direct {
				e.Direct()
			}
			list, long, err := w.Docs(&e, t.choice(), t.Length)
			switch {
			case err == nil:
			case rough || faults.Add(err) != nil:
				return stage.Forecast{}, false, nil // it is told when they are written
			case talk.Spent(err):
				return stage.Forecast{}, false, stage.Wrong("from", faults.Err())
			default:
				continue
			}
			var cut talk.Cut
			cut.Add(list, long)
			over, left, answers = over+int64(long), left+part*float64(long), answers+part*float64(cut.Answers)
			for d := range list {
				n := float64(w.Size(list[d].IDs))
				docs, tokens = docs+part, tokens+part*n
				learnt += part * n * float64(list[d].Supervised()) / float64(len(list[d].IDs))
			}
		}
	}
	wrong = stage.Wrong("from", faults.Err())
	if wrong == nil && all && learnt == 0 && len(in["text"]) == 0 {
		wrong = []*say.Error{t.unlearnt()}
		if over > 0 {
			wrong = []*say.Error{allLong(over, t.Length)}
		}
	}
	if docs == 0 && (rough || left == 0) { // else there is no room for any of them
		return stage.Forecast{}, false, wrong
	}
	inRow := float64(t.Length) * docs / max(tokens, 1)
	if !rough { // else it is not known so well that parts of one could not be there
		inRow = math.Floor(inRow)
	}
	f := about(tokens/tokenRate, 64<<20, map[string]float64{"rows": docs / max(inRow, 1), "documents": docs,
		"tokens": tokens, "supervised": learnt, "length": float64(t.Length), "vocab": vocab})
	if rough {
		return f, true, wrong
	}
	f.Basis = say.T("some of the examples, counted", "数过其中一部分样例")
	f.Derived = talk.Foretold(left, answers, t.row())
	return f, true, wrong
}

// sampleOf returns some of the examples that f foretells, or of those that were made, and
// whether they are all.
func sampleOf(f *stage.Forecast) (list []stage.Example, whole bool) {
	if f.Path == "" {
		return f.Sample, f.Whole
	}
	for e, err := range stage.Conversations(f.Path) {
		if err != nil || len(list) == sampleExamples {
			return list, false
		}
		list = append(list, e)
	}
	return list, true
}

// foretold is a writer in the words of what rows are made for, if they are at hand.
func (t *Tokens) foretold(in map[string][]stage.Forecast) *talk.Writer {
	for _, base := range in["base"] {
		if words, err := talk.Open(cmp.Or(base.Path, base.WordsPath)); err == nil {
			if w, err := words.Writer(); err == nil {
				return w
			}
		}
	}
	for _, tok := range in["tokenizer"] {
		if w, err := talk.Own(tok.Path); tok.Path != "" && err == nil {
			return w
		}
	}
	return nil
}
