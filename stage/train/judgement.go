package train

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
)

// A judgement is what a teacher says of rows, block by block: each block is
// asked for once and kept in the work folder.
type judgement struct {
	t      *teacher
	work   string
	hard   float32 // share of the row's own token
	rows   func(i int) model.Row
	count  int                    // of rows
	first  []int                  // the rows in the order in which the teacher is asked about them; nil: in their own
	place  []int                  // of each row in first
	blocks map[int][][]model.Soft // that are kept in memory
	whole  map[int]bool           // whose file was written, or found whole, since the run began
}

func newJudgement(t *teacher, work string, hard float32, rows func(i int) model.Row, count int) *judgement {
	return &judgement{t: t, work: work, hard: hard, rows: rows, count: count, blocks: map[int][][]model.Soft{}, whole: map[int]bool{}}
}

// inOrder has the teacher asked about the rows as the first round of order comes to them.
func (j *judgement) inOrder(order *shuffle) {
	j.first, j.place = make([]int, j.count), make([]int, j.count)
	for p := range j.first {
		j.first[p] = order.at(p)
		j.place[j.first[p]] = p
	}
}

// at returns the row at place p of those that the teacher is asked about.
func (j *judgement) at(p int) model.Row {
	if j.first != nil {
		p = j.first[p]
	}
	return j.rows(p)
}

// floats is what the judgement of r takes.
func (j *judgement) floats(r model.Row) (n int) {
	for d := range len(r.Docs) - 1 {
		n += supervisedIn(r.Weight[r.Docs[d]:r.Docs[d+1]]) * j.t.width()
	}
	return n
}

// fits refuses a run for whose judgement the disk has no room: beside what was kept of it
// before, it would be full when much is done.
func (j *judgement) fits(ctx context.Context, m stage.Machine) error {
	if m.Free == nil {
		return nil
	}
	free, known := m.Free(j.work)
	if !known {
		return nil
	}
	need := int64(0)
	for i := range j.count {
		if err := ctx.Err(); err != nil {
			return err
		}
		need += 4 * int64(j.floats(j.rows(i)))
	}
	kept, _ := filepath.Glob(filepath.Join(j.work, "teacher-*"))
	for _, path := range kept {
		if info, err := os.Stat(path); err == nil {
			free += info.Size()
		}
	}
	if need <= free {
		return nil
	}
	return &say.Error{Where: "top", What: say.T("what the teacher judges takes %s of disk while the step runs, and there is room for %s", "教师的评判在运行时要占 %s 磁盘，而这里只容得下 %s", bytesOf(need), bytesOf(free)),
		Next: say.T("free some space, run suiren store gc, make top smaller, or choose another disk with --state; then run the same command again", "请清理磁盘、运行 suiren store gc、调小 top，或用 --state 换一块磁盘，然后重新运行同一命令")}
}

// blockRows are the rows that a teacher is asked about together, and keptBlocks how
// many times so many are kept in memory.
const (
	blockRows  = 32
	keptBlocks = 4
)

// of returns the soft targets of row i.
func (j *judgement) of(ctx context.Context, i int) ([]model.Soft, error) {
	p := i
	if j.place != nil {
		p = j.place[i]
	}
	b := p / blockRows
	if list, ok := j.blocks[b]; ok {
		return list[p%blockRows], nil
	}
	path := filepath.Join(j.work, fmt.Sprintf("teacher-%06d", b))
	if j.whole[b] {
		return j.again(path, p)
	}
	var rows []model.Row
	n := 0
	for k := b * blockRows; k < min((b+1)*blockRows, j.count); k++ {
		r := j.at(k)
		rows = append(rows, r)
		n += j.floats(r)
	}
	mem := make([]float32, n)
	var top int
	known, err := recall(path, &top, mem)
	if err != nil {
		return nil, err
	}
	if !known || top != j.t.top {
		clear(mem)
		if err := j.t.judge(ctx, rows, mem); err != nil {
			return nil, err
		}
		if err := keep(path, j.t.top, mem); err != nil {
			return nil, err
		}
	}
	j.whole[b] = true
	if len(j.blocks) >= keptBlocks { // a batch needs few, and in the first round they come one after the other
		clear(j.blocks)
	}
	for _, r := range rows {
		j.blocks[b] = append(j.blocks[b], j.soft(r, &mem))
	}
	return j.blocks[b][p%blockRows], nil
}

// again reads the targets of the row at place p from its block's file: in a round that comes to
// the rows in another order the blocks are too large to be read for a row each.
func (j *judgement) again(path string, p int) ([]model.Soft, error) {
	from := 0
	for k := p - p%blockRows; k < p; k++ {
		from += j.floats(j.at(k))
	}
	r := j.at(p)
	mem := make([]float32, j.floats(r))
	if err := recallPart(path, from, mem); err != nil {
		return nil, err
	}
	return j.soft(r, &mem), nil
}

// judgedBytes is about what the targets of rows like those of w take: those of a
// batch and of the blocks that are kept, and again what Go has not taken back;
// and twice a block that is read.
func (d *Distil) judgedBytes(w *workload) int64 {
	if d.top() == 0 || w.rows == 0 {
		return 0
	}
	told := 8 * float64(w.supervised) * float64(d.top()+1)
	row := told + float64(unsafe.Sizeof(model.Soft{}))*w.tokens()/w.rows
	rows := min(float64(d.batch()), w.rows) + min(keptBlocks*blockRows, w.rows)
	return int64(2*row*rows + 2*told*min(blockRows, w.rows))
}

// judgedDisk is what the judgement of rows like those of w takes on the disk, where it stays
// until the run is at its end.
func (d *Distil) judgedDisk(w *workload) int64 {
	return int64(8 * w.rows * float64(w.supervised) * float64(d.top()+1))
}

// What a likeliest token of one to be learnt takes, in operations at the peak: for
// the teacher to tell and keep it, once, and in the loss, each time. Fitted to runs
// with 16 and with 256 of them (docs/numerics.md).
const (
	tellToil = 13000
	toldToil = 4500
)

// judgedToil is what the targets of rows like those of w take beside the teacher's reading.
func (d *Distil) judgedToil(w *workload, passes float64) float64 {
	return w.rows * float64(w.supervised) * float64(d.top()+1) * (tellToil*min(passes, 1) + toldToil*passes)
}

// soft takes the targets of one row from what judge wrote.
func (j *judgement) soft(r model.Row, mem *[]float32) []model.Soft {
	list := make([]model.Soft, len(r.IDs))
	n := 0
	for d := range len(r.Docs) - 1 {
		n += supervisedIn(r.Weight[r.Docs[d]:r.Docs[d+1]]) * (j.t.top + 1)
	}
	ids, ps := make([]int32, 0, n), make([]float32, 0, n) // of all tokens of the row
	for d := range len(r.Docs) - 1 {
		for k := r.Docs[d] + 1; k < r.Docs[d+1]; k++ {
			if r.Weight[k] == 0 {
				continue
			}
			place := (*mem)[:j.t.width()]
			*mem = (*mem)[j.t.width():]
			s := &list[k]
			from := len(ids)
			for ; len(place) > 0; place = place[2:] {
				if place[0] == 0 {
					continue
				}
				id, p := int32(place[0])-1, float32(place[1]*(1-j.hard))
				if id == r.IDs[k] {
					p += j.hard
				}
				ids, ps = append(ids, id), append(ps, p)
			}
			s.IDs, s.P = ids[from:len(ids):len(ids)], ps[from:len(ps):len(ps)]
		}
	}
	return list
}

// compareRows are the rows that are looked at, evenly among all, before a teacher
// of another vocabulary is asked: each of them is written again in its tokens.
const compareRows = 256

// compare finds out how much of what is to be learnt the teacher can judge: not
// the tokens that another vocabulary lacks, and not those of documents that its
// context is too short for. It refuses one that can judge too little.
func (r *distilling) compare() error {
	t, look := r.t, r.count
	if t.m != nil {
		look = min(look, compareRows)
	}
	judged, long, all := 0, 0, 0
	for i := range look {
		row := r.row(i * r.count / look)
		for d := range len(row.Docs) - 1 {
			lo, hi := row.Docs[d], row.Docs[d+1]
			a, b, c := t.judges(row.IDs[lo:hi], row.Weight[lo:hi])
			judged, long, all = judged+a, long+b, all+c
		}
	}
	share := float64(judged) / float64(max(all, 1))
	if t.m == nil && judged == all {
		return nil
	}
	r.told.Mapped = rounded(share)
	vals := map[string]float64{"mapped": share}
	text := say.T("the teacher reads documents of %d tokens at most: it can judge %.1f%% of the tokens to be learnt, and of the others the text alone is learnt", "教师最多读 %d 个词元的文档：可评判要学词元的 %.1f%%，其余只学文本本身", t.limit, 100*share)
	if t.m != nil {
		r.told.Vocabulary, vals["mapped_vocabulary"] = rounded(t.m.share), t.m.share
		text = say.T("the teacher has another vocabulary: it shares %.1f%% of the student's tokens, and can judge %.1f%% of those to be learnt", "教师的词表不同：与学生共有 %.1f%% 的词元，可评判要学词元的 %.1f%%", 100*t.m.share, 100*share)
	}
	note(r.job, text)
	r.job.Emit(stage.Event{Type: "count", Vals: vals})
	if share < leastMapped {
		return t.refuse(share, 2*long > all-judged)
	}
	return nil
}

// refuse is the error of a teacher that can judge too little of what is to be
// learnt: because documents are too long for it, or its tokens too unlike the
// student's.
func (t *teacher) refuse(share float64, long bool) error {
	if long {
		return &say.Error{Where: "teacher", What: say.T("the teacher reads documents of %d tokens at most and can judge %.0f%% of the tokens to be learnt; %.0f%% are wanted", "教师最多读 %d 个词元的文档，只能评判要学词元的 %.0f%%，至少需要 %.0f%%", t.limit, 100*share, 100*leastMapped),
			Next: say.T("take a teacher with a longer context, or shorter documents", "请换用上下文更长的教师，或更短的文档")}
	}
	return &say.Error{Where: "teacher", What: say.T("the teacher shares %.0f%% of the vocabulary and can judge %.0f%% of the tokens to be learnt; %.0f%% are wanted", "教师与学生共有 %.0f%% 的词表，只能评判要学词元的 %.0f%%，至少需要 %.0f%%",
		100*t.m.share, 100*share, 100*leastMapped),
		Next: say.T("learn what it answers to problems alone (problems, top = 0), or take a teacher of the same family", "只学它对题目的回答（problems，top = 0），或换用同系列的教师")}
}

// mark tells the teacher's loss on what is watched, which the student's falls
// towards. A teacher of another vocabulary has none that compares.
func (r *distilling) mark(ctx context.Context, rows []model.Row) error {
	if r.t.m != nil {
		return nil
	}
	loss, err := r.t.loss(ctx, rows)
	if err != nil || loss == 0 {
		return err
	}
	text := say.T("the teacher's own loss on what is watched is %.3f", "教师自己在观察集上的损失为 %.3f", loss)
	note(r.job, text)
	r.job.Emit(stage.Event{Type: "count", Vals: map[string]float64{"teacher_loss": loss}})
	return nil
}
