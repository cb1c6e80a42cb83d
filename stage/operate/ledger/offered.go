package ledger

// offeredTable holds the tools that a request offered, as long as what was said is kept.
// Earlier programs of the same form do not know the table; what they delete takes its list along.
const offeredTable = `create table if not exists offered (
	trace integer primary key references traces,
	list  text not null -- tools as templates read them
) strict;
create trigger if not exists offered_go after delete on contents begin delete from offered where trace = old.trace; end;`

func (t *tx) putOffered(seq int64, c *Content) error {
	if len(c.Tools) == 0 {
		return nil
	}
	_, err := t.exec(`insert into offered values (?,?) on conflict do nothing`, seq, string(c.Tools))
	return err
}
