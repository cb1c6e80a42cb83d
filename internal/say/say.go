// Package say holds what the program says to people: every sentence in
// English and in Chinese, side by side at the place where it is said.
package say

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// A Lang is a language of the interface.
type Lang string

// The languages.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// Parse maps a flag or locale (zh, zh_CN.UTF-8, zh-Hans, en_US) to a language.
func Parse(s string) (Lang, bool) {
	s = strings.ToLower(s)
	switch {
	case strings.HasPrefix(s, "zh"):
		return Chinese, true
	case strings.HasPrefix(s, "en"), s == "c", strings.HasPrefix(s, "c."), s == "posix":
		return English, true
	}
	return English, false
}

// Locale is the language of the environment: LC_ALL, LC_MESSAGES, LANG.
func Locale() Lang {
	for _, name := range []string{"SUIREN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			l, _ := Parse(v)
			return l
		}
	}
	return English
}

// A Text is one sentence in both languages. The verbs of En and Zh take the
// same Args; use %[2]s where the order differs. Args may be Texts, errors, or
// lists of strings, which are parted as the language parts them.
// En is written for many: "%d files are gone" of 1 says "1 file is gone".
type Text struct {
	En, Zh string
	Args   []any
}

// T returns the text of a pair of formats.
func T(en, zh string, args ...any) Text { return Text{en, zh, args} }

// In returns the sentence in lang. What others wrote stands in it as it is: it may go
// into a file, or to a model.
func (t Text) In(lang Lang) string { return t.in(lang, func(a any) any { return a }) }

// Told is In for people: of what others wrote no line ends, no commands to a terminal and
// no turns of the direction of writing are left, which would tell of what is not so.
func (t Text) Told(lang Lang) string { return t.in(lang, fill) }

func (t Text) in(lang Lang, fill func(any) any) string {
	format := t.En
	if lang == Chinese && t.Zh != "" {
		format = t.Zh
	}
	if len(t.Args) == 0 {
		return format
	}
	args := make([]any, len(t.Args))
	for i, a := range t.Args {
		switch a := a.(type) {
		case Text:
			args[i] = a.in(lang, fill)
		case error:
			args[i] = Err(lang, a)
		case []string:
			args[i] = fill(List(lang, a))
		default:
			args[i] = fill(a)
		}
	}
	if lang != Chinese || t.Zh == "" {
		format = singular(format, args)
	}
	return fmt.Sprintf(format, args...)
}

// List joins words as lang does: a, b or a、b.
func List(lang Lang, words []string) string {
	if lang == Chinese {
		return strings.Join(words, "、")
	}
	return strings.Join(words, ", ")
}

// Join writes texts one after the other, those that say something.
func Join(list ...Text) Text {
	var args []any
	for _, t := range list {
		if !t.IsZero() {
			args = append(args, t)
		}
	}
	verbs := slices.Repeat([]string{"%s"}, len(args))
	return Text{En: strings.Join(verbs, "; "), Zh: strings.Join(verbs, "；"), Args: args}
}

func (t Text) String() string { return t.In(English) }

// IsZero reports whether nothing is said.
func (t Text) IsZero() bool { return t.En == "" }

// An Error is an error with a sentence for people. Where and Next may be empty.
type Error struct {
	Where string // place: file:line:column, path, field
	What  Text   // what went wrong, and why
	Next  Text   // what to do about it
	Err   error  // cause, for errors.Is; its words are in What if they matter
}

func (e *Error) Error() string { return e.In(English) }
func (e *Error) Unwrap() error { return e.Err }

// In returns the error on one line: place, cause, next step.
func (e *Error) In(lang Lang) string {
	var b strings.Builder
	if e.Where != "" {
		b.WriteString(plain(e.Where, false) + ": ")
	}
	b.WriteString(e.What.Told(lang))
	if !e.Next.IsZero() {
		if lang == Chinese {
			b.WriteString("；" + e.Next.Told(lang))
		} else {
			b.WriteString("; " + e.Next.Told(lang))
		}
	}
	return b.String()
}

// Errorf makes an Error of a pair of formats. An argument that is an error
// becomes its cause.
func Errorf(en, zh string, args ...any) *Error {
	e := &Error{What: T(en, zh, args...)}
	for _, a := range args {
		if err, ok := a.(error); ok {
			e.Err = err
		}
	}
	return e
}

// Err returns err in lang: as it says itself where it speaks it, and else as the
// errors that it is made of do; for people, as Told is.
func Err(lang Lang, err error) string {
	if err == nil {
		return ""
	}
	if e, ok := err.(speaker); ok {
		return plain(e.In(lang), true)
	}
	text := err.Error()
	if said := phrase(lang, text); said != text {
		return plain(said, false)
	}
	switch w := err.(type) {
	case interface{ Said() (string, []any) }:
		return Engine(w.Said()).Told(lang)
	case *fs.PathError, *os.LinkError, *os.SyscallError, *net.OpError, *url.Error, *csv.ParseError, *strconv.NumError:
	case interface{ Unwrap() error }:
		if e := w.Unwrap(); e != nil {
			return plain(within(lang, text, e), strings.Contains(Err(lang, e), "\n")) // lines of errors that were joined
		}
	case interface{ Unwrap() []error }:
		for _, e := range w.Unwrap() {
			text = within(lang, text, e)
		}
		return plain(text, true)
	}
	return plain(foreign(lang, err), false)
}

// A speaker is an error that speaks both languages.
type speaker interface {
	error
	In(Lang) string
}

// within returns text, in which the words of err stand, with those in lang. Where the
// text has other words for err, that is said which speaks lang.
func within(lang Lang, text string, err error) string {
	own := err.Error()
	if i := strings.LastIndex(text, own); i >= 0 && own != "" { // keep what wraps it
		return text[:i] + Err(lang, err) + text[i+len(own):]
	}
	if e, ok := errors.AsType[speaker](err); ok {
		return e.In(lang)
	}
	return text
}
