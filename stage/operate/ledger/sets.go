package ledger

import (
	"regexp"
	"time"

	"suiren/internal/say"
)

// setsTable names traces that somebody chose for a data set. What was said stays where
// it is: a set loses what is erased, or was kept long enough. Earlier programs of the
// same form do not know the table and leave it alone.
const setsTable = `create table if not exists chosen (
	name  text not null,
	trace integer not null references traces,
	time  integer not null,
	actor text not null,
	primary key (name, trace)
) strict, without rowid;
`

// A Set is traces that were chosen for data, under a name.
type Set struct {
	Name   string    `json:"name"`
	Traces int64     `json:"traces"`
	Kept   int64     `json:"kept"` // of which content is kept: the others give nothing
	Last   time.Time `json:"last"`
	Actors []string  `json:"actors"` // who chose
}

// Chosen is what an addition to a set came to.
type Chosen struct {
	Added   int64 `json:"added"`
	Already int64 `json:"already"`
	Empty   int64 `json:"empty"` // content was not kept, so they were not added
}

// MaxChosen bounds the traces that are chosen at once.
const MaxChosen = 10_000

var setName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)

func checkSet(name string) error {
	if !setName.MatchString(name) {
		return &say.Error{Where: name, What: say.T("this is no name of a set", "这不是数据集的名称"),
			Next: say.T("begin with a letter; small letters, digits, - and _, at most 63", "以字母开头；小写字母、数字、- 和 _，至多 63 个")}
	}
	return nil
}

// Choose adds traces to a set, which is made with its first. Traces whose content is
// not kept are counted and left out. For an id that it does not know it changes
// nothing and returns an error that wraps ErrNoAnswer.
func (l *Ledger) Choose(name, actor string, ids []string) (*Chosen, error) {
	if err := checkSet(name); err != nil {
		return nil, err
	}
	if len(ids) == 0 || len(ids) > MaxChosen {
		return nil, &say.Error{Where: name, What: say.T("%d requests cannot be added at once", "不能一次加入 %d 次请求", len(ids)), Next: say.T("name 1 to %d of them", "请给出 1 至 %d 个编号", MaxChosen)}
	}
	c := new(Chosen)
	err := l.write(true, func(t *tx) error {
		*c = Chosen{}
		now := micro(t.l.Now())
		for _, id := range ids {
			var seq int64
			var content bool
			err := t.get(`select seq, exists (select 1 from contents where trace = seq) from traces where id = ?`, []any{id}, &seq, &content)
			if isNone(err) {
				return refuse(noTrace(id))
			}
			if err != nil {
				return err
			}
			if !content {
				c.Empty++
				continue
			}
			n, err := t.exec(`insert into chosen values (?,?,?,?) on conflict do nothing`, name, seq, now, actor)
			if err != nil {
				return err
			}
			c.Added += n
			c.Already += 1 - n
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func noTrace(id string) error {
	return &say.Error{Where: id, Err: ErrNoAnswer, What: say.T("no request has this id", "没有这个编号的请求"), Next: say.T("suiren trace list shows the ids", "用 suiren trace list 查看编号")}
}

// Unchoose takes traces out of a set, or with no ids all of them: a set without traces
// is none. It returns how many there were.
func (l *Ledger) Unchoose(name string, ids []string) (n int64, err error) {
	err = l.write(true, func(t *tx) error {
		n = 0
		if len(ids) == 0 {
			n, err = t.exec(`delete from chosen where name = ?`, name)
			return err
		}
		for _, id := range ids {
			one, err := t.exec(`delete from chosen where name = ? and trace = (select seq from traces where id = ?)`, name, id)
			if err != nil {
				return err
			}
			n += one
		}
		return nil
	})
	return n, err
}

// Sets returns all sets, by name.
func (l *Ledger) Sets() ([]Set, error) {
	rows, err := l.read.Query(`select name, count(*), count(c.trace), max(time), json_group_array(distinct actor) from chosen left join contents c on c.trace = chosen.trace group by name order by name`)
	if err != nil {
		return nil, l.failed(err)
	}
	list := []Set{}
	err = eachRow(rows, func(scan func(...any) error) error {
		var s Set
		var at int64
		var actors string
		if err := scan(&s.Name, &s.Traces, &s.Kept, &at, &actors); err != nil {
			return err
		}
		s.Last = fromMicro(at)
		list = append(list, s)
		return fromList(actors, &list[len(list)-1].Actors)
	})
	return list, l.failed(err)
}

// setsOf returns the sets that traces are in, by their numbers.
func (l *Ledger) setsOf() (map[int64][]string, error) {
	rows, err := l.read.Query(`select trace, name from chosen order by trace, name`)
	if err != nil {
		return nil, err
	}
	of := map[int64][]string{}
	return of, eachRow(rows, func(scan func(...any) error) error {
		var seq int64
		var name string
		err := scan(&seq, &name)
		of[seq] = append(of[seq], name)
		return err
	})
}
