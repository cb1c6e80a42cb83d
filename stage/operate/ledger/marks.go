package ledger

import "encoding/json"

// marksTable holds, of an answer that was written from passages, how many of its sentences
// these support, and, as long as what was said is kept, which. Earlier programs of the
// same form do not know the table; what they delete takes its list along.
const marksTable = `create table if not exists marks (
	trace       integer primary key references traces,
	sentences   integer not null,
	unsupported integer not null,
	corrected   integer not null, -- numbers of passages that were put right or taken out
	list        text not null
) strict;
create trigger if not exists marks_go after delete on contents begin update marks set list = '' where trace = old.trace; end;`

// Sentences counts those of an answer that was written from passages.
type Sentences struct {
	All         int `json:"all"`
	Unsupported int `json:"unsupported"`
	Corrected   int `json:"corrected,omitempty"` // numbers of passages that were put right or taken out
}

func (t *tx) putMarks(seq int64, r *Trace) error {
	if r.Sentences == nil {
		return nil
	}
	var list json.RawMessage
	if r.Content != nil {
		list = r.Content.Marks
	}
	s := r.Sentences
	_, err := t.exec(`insert into marks values (?,?,?,?,?) on conflict do nothing`, seq, s.All, s.Unsupported, s.Corrected, string(list))
	return err
}
