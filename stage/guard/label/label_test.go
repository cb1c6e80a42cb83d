package label

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"suiren/knowledge/document"
)

var full = &Label{Label: Generated, ContentProducer: "91110000MA0000000X", ProduceID: "chatcmpl-1", ReservedCode1: `{"AlgID":"sha256","V":"ab)c\(<&>"}`}

func conversation() *Conversation {
	return &Conversation{Title: "作业 <1> & more", Made: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC), Model: "tutor d234c3851d41", Turns: []Turn{
		{"user", "3x + 5 = 20，x 是多少？\n---\nAIGC: {}"},
		{"assistant", "x = 5。\n\n```\n/AIGC(fake) <meta name=\"AIGC\" content=\"fake\"> ]]>\n```\n" + strings.Repeat("很长的一行，需要换行 and words that wrap. ", 60)},
	}}
}

func write(t testing.TB, format string, c *Conversation, l *Label) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, format, c, l); err != nil {
		t.Fatal(format, err)
	}
	return b.Bytes()
}

// Every carrier holds exactly one element, whatever the conversation says, and the
// words; without a label it holds neither.
func TestWrite(t *testing.T) {
	for _, format := range Formats {
		b := write(t, format, conversation(), full)
		list, err := Find(format, b)
		if err != nil || len(list) != 1 {
			t.Errorf("%s: %d elements, %v", format, len(list), err)
			continue
		}
		if got, err := Parse(list[0]); err != nil || *got != *full {
			t.Errorf("%s: %+v %v", format, got, err)
		}
		if again := write(t, format, conversation(), full); !bytes.Equal(again, b) {
			t.Errorf("%s: other bytes the second time", format)
		}
		if list, err := Find(format, write(t, format, conversation(), nil)); err != nil || len(list) != 0 {
			t.Errorf("%s without a label: %q %v", format, list, err)
		}
	}
}

// Other programs of ours read the words, and the text. PDF is read by others: TestOthersRead.
func TestReadable(t *testing.T) {
	r := &document.Reader{}
	for _, format := range []string{"md", "html", "docx"} {
		var text said
		if err := r.Read("a."+format, write(t, format, conversation(), full), &text); err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		flat := strings.Join(strings.Fields(text.String()), "")
		for _, want := range []string{"AI生成内容", "AI-generated", "是多少？", "x=5。", "需要换行"} {
			if !strings.Contains(flat, want) {
				t.Errorf("%s does not say %q:\n%.600s", format, want, text.String())
			}
		}
		// GB 45438 looks at the first or last 64 characters.
		if head := string([]rune(strings.TrimSpace(text.String()))[:64]); (format == "md" || format == "docx") && (!strings.Contains(head, "AI") || !strings.Contains(head, "生成")) {
			t.Errorf("%s begins with %q", format, head)
		}
	}
}

// said is the text of the documents that a Reader gives.
type said struct{ strings.Builder }

func (s *said) Document(d *document.Document) error {
	for _, b := range d.Blocks {
		s.WriteString(b.Text + "\n")
	}
	return nil
}
func (s *said) Rejected(r *document.Rejection) error { return fmt.Errorf("rejected: %+v", r) }

func picture(w, h int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(x), uint8(y), 200, 255})
		}
	}
	var b bytes.Buffer
	png.Encode(&b, m)
	return b.Bytes()
}

func TestStamp(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {40, 900}, {320, 320}, {800, 600}, {1500, 40}} {
		var b bytes.Buffer
		if err := Stamp(&b, picture(size[0], size[1]), full); err != nil {
			t.Fatal(err)
		}
		var twice bytes.Buffer
		if err := Stamp(&twice, b.Bytes(), full); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(twice.Bytes(), b.Bytes()) {
			t.Errorf("%v: stamped twice it is not what it was once", size)
		}
		list, err := Find("png", b.Bytes())
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		if l, err := Parse(list[0]); err != nil || *l != *full {
			t.Error(l, err)
		}
		m, err := png.Decode(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		// The letters reach over at least a twentieth of the shorter side.
		first, last := -1, -1
		for y := size[1]; y < m.Bounds().Dy(); y++ {
			for x := range m.Bounds().Dx() {
				if r, _, _, _ := m.At(x, y).RGBA(); r == 0 {
					if first < 0 {
						first = y
					}
					last = y
				}
			}
		}
		if high := last - first + 1; first < 0 || 20*high < min(size[0], size[1]) {
			t.Errorf("%v: the words are %d high", size, high)
		}
		if r, g, bl, _ := m.At(0, 0).RGBA(); r>>8 != 0 || g>>8 != 0 || bl>>8 != 200 {
			t.Errorf("%v: the picture changed", size)
		}
	}
	// One that says in its metadata alone that it is labelled, or has words that are too
	// small or not whole, gets them.
	bare := picture(320, 320)
	var small, cut bytes.Buffer
	if err := Stamp(&small, picture(900, 10), full); err != nil {
		t.Fatal(err)
	}
	tall := image.NewNRGBA(image.Rect(0, 0, 900, 900))
	m, err := png.Decode(&small)
	if err != nil {
		t.Fatal(err)
	}
	draw.Draw(tall, image.Rect(0, 900-m.Bounds().Dy(), 900, 900), m, image.Point{}, draw.Src)
	small.Reset()
	png.Encode(&small, tall)
	if err := Stamp(&cut, bare, full); err != nil {
		t.Fatal(err)
	}
	if m, err = png.Decode(&cut); err != nil {
		t.Fatal(err)
	}
	cut.Reset()
	m.(draw.Image).Set(40, m.Bounds().Dy()-1, color.Black)
	png.Encode(&cut, m)
	const head = 8 + 4 + 4 + 13 + 4
	for name, b := range map[string][]byte{"metadata": slices.Concat(bare[:head], chunk("tEXt", key+"\x00"+full.text()), bare[head:]), "small": small.Bytes(), "changed": cut.Bytes()} {
		before, err := png.DecodeConfig(bytes.NewReader(b))
		var out bytes.Buffer
		if err2 := Stamp(&out, b, full); err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if list, err := Find("png", out.Bytes()); err != nil || len(list) != 1 {
			t.Error(name, list, err)
		}
		if after, err := png.DecodeConfig(&out); err != nil || after.Height <= before.Height {
			t.Errorf("%s: %d pixels high, and %d before", name, after.Height, before.Height)
		}
	}
	for name, b := range map[string][]byte{"empty": nil, "text": []byte("no picture"), "cut": picture(50, 50)[:100]} {
		if err := Stamp(&bytes.Buffer{}, b, full); err == nil {
			t.Errorf("%s was stamped", name)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, change := range []func(*Label){
		func(l *Label) { l.Label = "4" }, func(l *Label) { l.Label = "" }, func(l *Label) { l.ContentProducer = "" },
		func(l *Label) { l.ProduceID = "某校" }, func(l *Label) { l.ReservedCode2 = "a b" }, func(l *Label) { l.ContentPropagator = strings.Repeat("x", 600) },
	} {
		l := *full
		change(&l)
		if err := Write(&bytes.Buffer{}, "md", conversation(), &l); err == nil {
			t.Errorf("%+v was written", l)
		}
	}
	for _, text := range []string{"", "{}", `{"Label":"1","ContentProducer":"a","ProduceID":"b","Other":"c"}`, full.text() + "x"} {
		if l, err := Parse(text); err == nil {
			t.Errorf("%q: %+v", text, l)
		}
	}
	c := conversation()
	c.Turns[0].Role = "system"
	if err := Write(&bytes.Buffer{}, "md", c, full); err == nil {
		t.Error("a system prompt is exported")
	}
}

// Whatever a conversation says, it is written in every format, with one label.
func TestAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &Conversation{Title: rapid.String().Draw(t, "title"), Turns: []Turn{{"user", rapid.String().Draw(t, "q")}, {"assistant", rapid.String().Draw(t, "a") + "\x00\xff😀\u202e"}}}
		for _, format := range Formats {
			var b bytes.Buffer
			if err := Write(&b, format, c, full); err != nil {
				t.Fatal(err)
			}
			list, err := Find(format, b.Bytes())
			if err != nil || len(list) != 1 {
				t.Fatal(format, list, err)
			}
			if l, err := Parse(list[0]); err != nil || *l != *full {
				t.Fatal(format, l, err)
			}
		}
	})
}

// Others' programs read the same element: testdata/oracle/label/read.py did, from
// the very bytes that are written here. If these change, let it read them again.
func TestOthersRead(t *testing.T) {
	read, err := os.ReadFile("../../../testdata/oracle/label/read.txt")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, format := range Formats {
		files[format] = write(t, format, conversation(), full)
	}
	var b bytes.Buffer
	if err := Stamp(&b, picture(320, 200), full); err != nil {
		t.Fatal(err)
	}
	files["png"] = b.Bytes()
	for format, file := range files {
		if dir := os.Getenv("LABEL_FILES"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, "a."+format), file, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if line := fmt.Sprintf("%s %x {\"Label\": \"1\", \"ContentProducer\": \"91110000MA0000000X\"", format, sha256.Sum256(file)); !strings.Contains(string(read), line) {
			t.Errorf("%s: others have not read these bytes", format)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, format := range Formats {
		f.Add(format, write(f, format, conversation(), full))
	}
	f.Add("png", picture(4, 4))
	f.Fuzz(func(t *testing.T, format string, b []byte) {
		list, _ := Find(format, b)
		for _, text := range list {
			Parse(text)
		}
		if format == "png" && len(b) < 1<<16 {
			Stamp(&bytes.Buffer{}, b, full)
		}
	})
}
