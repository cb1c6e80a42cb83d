package ledger

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"suiren/internal/say"
)

// migrate brings the file to this program's form. Its caller has the turn.
func (l *Ledger) migrate() error {
	ctx := context.Background()
	var v int
	if err := l.conn.QueryRowContext(ctx, `pragma user_version`).Scan(&v); err != nil {
		return err
	}
	if v == version {
		_, err := l.conn.ExecContext(ctx, setsTable+marksTable+offeredTable)
		return err
	}
	if v > version {
		return &say.Error{Where: l.path, What: say.T("the ledger is of a later program: its form is %d, and this one knows %d", "账本由更新的程序写成：格式为 %d，本程序只认识 %d", v, version),
			Next: say.T("use the later program, or restore the copy that it made", "请使用更新的程序，或恢复它留下的副本")}
	}
	var old bool
	if err := l.conn.QueryRowContext(ctx, `select exists (select 1 from sqlite_schema where name = 'requests')`).Scan(&old); err != nil {
		return err
	}
	if old {
		copied := fmt.Sprintf("%s.v%d", l.path, v)
		if _, err := os.Stat(copied); errors.Is(err, fs.ErrNotExist) {
			if _, err := l.conn.ExecContext(ctx, `vacuum into ?`, copied); err != nil {
				return err
			}
			if err := os.Chmod(copied, 0o600); err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
	}
	if _, err := l.conn.ExecContext(ctx, `begin immediate`); err != nil {
		return err
	}
	err := l.make(ctx, old, v)
	end := `commit`
	if err != nil {
		end = `rollback`
	}
	_, err2 := l.conn.ExecContext(ctx, end)
	return errors.Join(err, err2)
}

// make makes the tables, and fills them from those of an earlier form.
func (l *Ledger) make(ctx context.Context, old bool, v int) error {
	list := []string{schema, setsTable + marksTable + offeredTable}
	if old {
		if v > 0 { // these had other columns
			list = append([]string{`alter table budgets rename to old_budgets; drop table days; drop table holds`}, list...)
		}
		list = append(list, `insert into accounts (key, person, project, tenant, scenario) select distinct caller, '', '', '', '' from requests`,
			`insert into supplies (release, model) select distinct release, '' from requests`,
			`insert into traces (id, time, account, supply, operation, parent, reason, `+names+`, metered, wait, first, total, seed, params, rails, spans)
				select r.id, r.time, a.id, s.id, 'chat', '', r.reason, 1, r.prompt, 0, r.reasoning, r.completion - r.reasoning, r.cpu, 0, 0, '', 0, 0, 0, 0, '', '', ''
				from requests r join accounts a on a.key = r.caller join supplies s on s.release = r.release order by r.time, r.rowid`,
			`insert into entries (time, day, kind, debit, credit, trace, actor, why, `+names+`)
				select time, date(time / 1000000, 'unixepoch', 'localtime'), 'charge', account, supply, seq, '', '', `+names+` from traces order by seq`,
			`insert into days (day, debit, credit, `+names+`) select day, debit, credit, `+sums+` from entries group by 1, 2, 3`,
			`drop table requests`)
	}
	for _, q := range list {
		if _, err := l.conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	if old && v > 0 {
		if err := l.oldBudgets(ctx); err != nil {
			return err
		}
	}
	_, err := l.conn.ExecContext(ctx, fmt.Sprintf(`pragma user_version = %d`, version))
	return err
}

// oldBudgets carries budgets of callers over.
func (l *Ledger) oldBudgets(ctx context.Context) error {
	rows, err := l.conn.QueryContext(ctx, `select caller, unit, period, amount from old_budgets`)
	if err != nil {
		return err
	}
	var list []Budget
	err = eachRow(rows, func(scan func(...any) error) error {
		b := Budget{Scope: OfKey}
		err := scan(&b.Name, &b.Unit, &b.Period, &b.Amount)
		if b.Name == "*" {
			b.Scope, b.Name = OfAll, ""
		}
		list = append(list, b)
		return err
	})
	if err != nil {
		return err
	}
	t := &tx{l}
	for _, b := range list {
		now := l.Now()
		b.Begins = first(b.Period, now)
		if b.Used, err = t.usedSince(&b, now); err != nil {
			return err
		}
		if _, err := l.conn.ExecContext(ctx, `insert into budgets (scope, name, unit, period, amount, begins, used, held) values (?,?,?,?,?,?,?,0)`,
			b.Scope, b.Name, b.Unit, b.Period, b.Amount, micro(b.Begins), b.Used); err != nil {
			return err
		}
	}
	_, err = l.conn.ExecContext(ctx, `drop table old_budgets`)
	return err
}

// maxLine bounds a line of traces.jsonl, in bytes.
const maxLine = 64 << 20

// Import takes the traces of the files NAME.jsonl of an earlier program in a
// folder over, and renames them to NAME.jsonl.imported. They charge nothing:
// what their requests used is in the ledger already.
func (l *Ledger) Import(dir string) error {
	list, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return err
	}
	slices.Sort(list)
	for _, path := range list {
		if err := l.importFile(path); err != nil {
			return &say.Error{Where: path, Err: err, What: say.T("the traces cannot be used: %v", "无法使用对话记录：%v", err),
				Next: say.T("move the file away", "请把文件移走")}
		}
	}
	return nil
}

func (l *Ledger) importFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	model := strings.TrimSuffix(filepath.Base(path), ".jsonl")
	err = l.write(true, func(t *tx) error {
		t.l.known.supplies = nil // their names may change
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return eachLine(f, func(b []byte) error { return t.importLine(model, b) })
	})
	if err != nil {
		return err
	}
	return os.Rename(path, path+".imported")
}

// eachLine hands every line that has its end to see.
func eachLine(r io.Reader, see func([]byte) error) error {
	b := bufio.NewReaderSize(r, 64<<10)
	var line []byte
	for {
		part, err := b.ReadSlice('\n')
		if line = append(line, part...); len(line) > maxLine {
			return say.Errorf("a line is longer than %d bytes", "有一行超过 %d 字节", maxLine)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF: // a half-written line was not acknowledged
			return nil
		case err != nil:
			return err
		}
		if err := see(line); err != nil {
			return err
		}
		line = line[:0]
	}
}

// importLine takes over a trace or a rating.
func (t *tx) importLine(model string, b []byte) error {
	var in struct {
		ID, Caller, Reason, Answer, Thought, Salt string
		Time                                      time.Time
		Messages                                  []Message
		Sources, Params                           json.RawMessage
		Seed                                      uint64
		Rates, Why                                string
		Good                                      bool
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	if in.Rates != "" && in.ID == "" {
		_, err := t.exec(`insert into ratings select seq, ?, ?, ? from traces where id = ? on conflict do update set time = excluded.time, good = excluded.good, why = excluded.why`,
			micro(in.Time), in.Good, in.Why, in.Rates)
		return err
	}
	if in.ID == "" || in.Rates != "" {
		return say.Errorf("a line is neither a trace nor a rating", "有一行既不是记录也不是评价")
	}
	content := &Content{Messages: in.Messages, Thought: in.Thought, Answer: in.Answer, Sources: in.Sources, Salt: in.Salt}
	if len(in.Messages) == 0 && in.Answer == "" {
		content = nil
	}
	var seq int64
	var release string
	err := t.get(`select t.seq, s.release from traces t join supplies s on s.id = t.supply where t.id = ?`, []any{in.ID}, &seq, &release)
	if isNone(err) { // its request is of before there was a ledger
		r := &Trace{ID: in.ID, Time: in.Time, Account: Account{Key: in.Caller}, Supply: Supply{Model: model}, Operation: "chat", Reason: in.Reason, Seed: in.Seed, Params: in.Params, Content: content}
		a := Amounts{}
		var account, supply int64
		if seq, account, supply, err = t.putTrace(r, &a); err == nil {
			_, err = t.post("charge", account, supply, seq, nil, nil, "", "", &a)
		}
		return err
	}
	if err != nil {
		return err
	}
	if _, err := t.exec(`update traces set seed = ?, params = ? where seq = ?`, int64(in.Seed), string(in.Params), seq); err != nil {
		return err
	}
	if _, err := t.exec(`update or ignore supplies set model = ? where release = ? and model = ''`, model, release); err != nil {
		return err
	}
	if content != nil {
		return t.putContent(seq, content)
	}
	return nil
}
