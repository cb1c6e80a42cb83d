package tokenizer

import "fmt"

// A FormatError says that a tokenizer's file is not well-formed, or needs
// something that this package does not do.
type FormatError struct {
	Path  string // file
	Place string // field; may be empty
	Why   error  // a *Fault, or what the reader of JSON said
}

func (e *FormatError) Error() string {
	if e.Place == "" {
		return fmt.Sprintf("%s: %v", e.Path, e.Why)
	}
	return fmt.Sprintf("%s: %s: %v", e.Path, e.Place, e.Why)
}

func (e *FormatError) Unwrap() error { return e.Why }

// A Fault is what is wrong, as a format and what fills it, for whoever says
// it in another language.
type Fault struct {
	Format string
	Args   []any // a *Fault among them is said in the same language
}

func fault(format string, args ...any) error { return &Fault{format, args} }

func (f *Fault) Error() string { return fmt.Sprintf(f.Format, f.Args...) }

// Said returns the format and what fills it.
func (f *Fault) Said() (string, []any) { return f.Format, f.Args }

func (f *Fault) Unwrap() error {
	for _, a := range f.Args {
		if err, ok := a.(error); ok {
			return err
		}
	}
	return nil
}
