package watch

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"suiren/internal/say"
)

// Kinds of item.
const (
	Answer = "answer" // a text that a rail will not let pass by itself
	Appeal = "appeal" // a suspended caller's
)

// States of an item.
const (
	Waiting = "waiting"
	Allowed = "allowed"
	Refused = "refused"
	Expired = "expired" // nobody decided in time, which refuses
)

// An Item waits for a person.
type Item struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Time    time.Time `json:"time"`
	Until   time.Time `json:"until"`
	Caller  string    `json:"caller"`
	Rule    string    `json:"rule"`
	Content Content   `json:"content"` // empty once it is decided
	State   string    `json:"state"`
	Person  string    `json:"person,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	Decided time.Time `json:"decided,omitzero"`
}

// Content is what the person looks at.
type Content struct {
	Answer   string    `json:"answer,omitempty"` // id of the answer
	Release  string    `json:"release,omitempty"`
	Policy   string    `json:"policy,omitempty"` // its pack and version
	Digest   string    `json:"digest,omitempty"` // of the policy, hexadecimal
	Stage    string    `json:"stage,omitempty"`  // of the text
	Class    string    `json:"class,omitempty"`
	Said     []Said    `json:"said,omitempty"` // before it, the last at the end
	Call     *Call     `json:"call,omitempty"` // of a tool, which the text is of
	Before   string    `json:"before,omitempty"`
	Found    string    `json:"found,omitempty"` // what the rule heard of, within the text
	After    string    `json:"after,omitempty"`
	Cut      bool      `json:"cut,omitempty"`     // something is left out, for its length
	Refusal  *Sentence `json:"refusal,omitempty"` // what the caller is told if it may not pass
	Appealed string    `json:"appealed,omitempty"`

	Salt string `json:"salt,omitempty"` // of what was decided: of its digest in the audit log
}

// Said is a turn of a conversation.
type Said struct {
	Role string `json:"role"`
	Text string `json:"text"`
}

// A Call is a use of a tool.
type Call struct {
	Name string `json:"name"`
	Args string `json:"arguments"`
}

// A Sentence is a text in both languages.
type Sentence struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// Text is what is decided on: the audit log has its digest.
func (c *Content) Text() string { return c.Before + c.Found + c.After + c.Appealed }

// Bounds of what waits, and of what is shown at once.
const (
	maxWaiting = 1000
	maxContent = 1 << 20 // bytes of JSON, in which one byte can become six
	maxSaid    = 32 << 10
	maxAround  = 32 << 10 // on either side of what was found
	maxFound   = 4 << 10
	maxArgs    = 16 << 10
	maxShown   = 8 << 20
	appealTime = 30 * 24 * time.Hour
	poll       = 250 * time.Millisecond
)

// fit cuts a content to its bounds: what is nearest to what was found stays.
func (c *Content) fit() {
	head := func(s string, n int) string {
		if len(s) > n {
			s, c.Cut = strings.ToValidUTF8(s[:n], ""), true
		}
		return s
	}
	if n := len(c.Before) - maxAround; n > 0 {
		c.Before, c.Cut = strings.ToValidUTF8(c.Before[n:], ""), true
	}
	c.Found, c.After = head(c.Found, maxFound), head(c.After, maxAround)
	if c.Call != nil {
		c.Call = &Call{head(c.Call.Name, maxFound), head(c.Call.Args, maxArgs)}
	}
	var said []Said
	left := maxSaid
	for _, s := range slices.Backward(c.Said) {
		if left <= 0 {
			c.Cut = true
			break
		}
		s = Said{head(s.Role, 64), head(s.Text, left)}
		left -= len(s.Role) + len(s.Text)
		said = append(said, s)
	}
	slices.Reverse(said)
	c.Said = said
}

// put puts an item into the queue, if may says so once nobody else can write.
func (w *Watch) put(kind, caller, rule string, c Content, wait time.Duration, may func(*sql.Tx) error) (string, error) {
	if err := w.expire(); err != nil {
		return "", err
	}
	id, now := rand.Text(), w.Now()
	c.fit()
	content, err := w.seal(kind, id, c)
	if err != nil {
		return "", err
	}
	return id, w.tx(func(tx *sql.Tx) error {
		if err := may(tx); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(`select count(*) from items where state = ?`, Waiting).Scan(&n); err != nil {
			return w.failed(err)
		}
		if n >= maxWaiting {
			return say.Errorf("%d items wait for review already", "已有 %d 项等待审核", n)
		}
		_, err := tx.Exec(`insert into items (id, kind, time, until, caller, rule, content, state) values (?, ?, ?, ?, ?, ?, ?, ?)`,
			id, kind, now.UnixMilli(), now.Add(wait).UnixMilli(), caller, rule, content, Waiting)
		return w.failed(err)
	})
}

// expire ends what nobody decided on in time.
func (w *Watch) expire() error {
	return w.end(`until <= ?`, w.Now().UnixMilli())
}

// end ends what waits: its content goes, from the file's journal too.
func (w *Watch) end(where string, arg any) error {
	r, err := w.db.Exec(`update items set state = ?, content = '{}' where state = ? and `+where, Expired, Waiting, arg)
	if err != nil {
		return w.failed(err)
	}
	if n, _ := r.RowsAffected(); n > 0 {
		w.scrub() // if somebody reads the journal now, the next one that ends empties it
	}
	return nil
}

// Ask waits until a person has decided on a text of a request that began at a time, for
// a while at most, and reports whether it may pass. Nobody's decision refuses, and of
// who was erased meanwhile nobody is asked.
func (w *Watch) Ask(ctx context.Context, caller string, began time.Time, rule string, c Content, wait time.Duration) (bool, error) {
	id, err := w.put(Answer, caller, rule, c, wait, func(*sql.Tx) error {
		if w.gone(caller, began) {
			return ErrNone
		}
		return nil
	})
	if errors.Is(err, ErrNone) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		var state string
		if err := w.db.QueryRow(`select state from items where id = ?`, id).Scan(&state); err != nil {
			return false, w.failed(err)
		}
		if state != Waiting {
			return state == Allowed, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false, w.end(`id = ?`, id)
		}
	}
}

// Appeal asks that a caller's suspension be lifted.
func (w *Watch) Appeal(caller, text string) (id string, err error) {
	s, err := w.Suspended(caller)
	if err != nil {
		return "", err
	}
	if s == nil {
		return "", notSuspended(caller)
	}
	return w.put(Appeal, caller, s.Why, Content{Appealed: text}, appealTime, func(tx *sql.Tx) error {
		var barred, waits int
		err := tx.QueryRow(`select (select count(*) from suspended where caller = ?1 and lifted = '' and until > ?2), (select count(*) from items where kind = ?3 and caller = ?1 and state = ?4)`,
			caller, w.Now().UnixMilli(), Appeal, Waiting).Scan(&barred, &waits)
		switch {
		case err != nil:
			return w.failed(err)
		case barred == 0: // erased, or lifted, meanwhile
			return notSuspended(caller)
		case waits > 0:
			return say.Errorf("an appeal waits for its decision already", "已有申诉在等待处理")
		}
		return nil
	})
}

func notSuspended(caller string) *say.Error {
	return &say.Error{Where: caller, Err: ErrNone, What: say.T("this caller is not suspended", "该调用者没有被暂停"),
		Next: say.T("suiren guard suspended lists who is", "用 suiren guard suspended 查看被暂停者")}
}

// Items are those that wait, the oldest first, or, with all, the last ones that
// were decided too. Of those behind the first 8 MiB the content is cut: they are
// seen when some before them are decided.
func (w *Watch) Items(all bool) ([]Item, error) {
	if err := w.expire(); err != nil {
		return nil, err
	}
	rows, err := w.db.Query(`select id, kind, time, until, caller, rule, content, state, person, reason, decided
		from items where ? or state = 'waiting' order by state = 'waiting' desc, case when state = 'waiting' then time else -time end limit 1000`, all)
	if err != nil {
		return nil, w.failed(err)
	}
	defer rows.Close()
	list, shown := []Item{}, 0
	for rows.Next() {
		var i Item
		var at, until, decided int64
		var content string
		if err := rows.Scan(&i.ID, &i.Kind, &at, &until, &i.Caller, &i.Rule, &content, &i.State, &i.Person, &i.Reason, &decided); err != nil {
			return nil, w.failed(err)
		}
		if shown += len(content); shown > maxShown {
			i.Content.Cut = true
		} else if i.Content, err = w.unseal(i.ID, content); err != nil {
			return nil, w.failed(err)
		}
		i.Time, i.Until = time.UnixMilli(at).UTC(), time.UnixMilli(until).UTC()
		if decided > 0 {
			i.Decided = time.UnixMilli(decided).UTC()
		}
		list = append(list, i)
	}
	return list, w.failed(rows.Err())
}

// Decide decides on an item, and returns the text that was decided on, which is kept
// no longer. Of an appeal that is allowed the suspension is lifted.
func (w *Watch) Decide(id, by string, allow bool, reason string) (text string, err error) {
	err = w.tx(func(tx *sql.Tx) error {
		now, state := w.Now(), map[bool]string{true: Allowed, false: Refused}[allow]
		var kind, caller, content string
		err := tx.QueryRow(`select kind, caller, content from items where id = ? and state = ? and until > ?`, id, Waiting, now.UnixMilli()).Scan(&kind, &caller, &content)
		if errors.Is(err, sql.ErrNoRows) {
			return &say.Error{Where: id, Err: ErrNone, What: say.T("nothing of this id waits for a decision", "没有此编号的待审项"), Next: say.T("suiren guard review lists what waits", "suiren guard review 会列出待审项")}
		}
		if err == nil {
			_, err = tx.Exec(`update items set state = ?, person = ?, reason = ?, decided = ?, content = '{}' where id = ?`, state, by, reason, now.UnixMilli(), id)
		}
		if err != nil {
			return w.failed(err)
		}
		c, err := w.unseal(id, content)
		if err != nil {
			return w.failed(err)
		}
		text = c.Text()
		if kind == Appeal && allow {
			if err := w.lift(tx, caller, by); !errors.Is(err, ErrNone) { // it may have ended by itself
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	w.scrub() // as end does
	return text, nil
}

// Salt keeps the salt of the digest that the audit log has of what was decided, until
// the decision goes, or the caller is erased: of one who is already it keeps none.
func (w *Watch) Salt(id, salt string) error {
	b, err := json.Marshal(Content{Salt: salt})
	if err != nil {
		return err
	}
	_, err = w.db.Exec(`update items set content = ? where id = ? and state <> ? and content = '{}'`, string(b), id, Waiting)
	return w.failed(err)
}
