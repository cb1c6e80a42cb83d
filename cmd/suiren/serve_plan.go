package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/plan"
	"suiren/run"
	"suiren/stage"
	"suiren/store"
)

// usualModels are the flags of models that are loaded beside a release.
func usualModels() modelFlags { return modelFlags{slots: 8, kv: "f16"} }

// planOfBlocks is the folder of the plan that made the blocks of the state folder
// which this command reads; ok is false if there is none.
func (a *app) planOfBlocks() (dir string, ok bool) {
	if dir = filepath.Dir(filepath.Clean(a.state)); a.state != "" && isFile(filepath.Join(dir, plan.FileName)) {
		return dir, true
	}
	return ".", !noPlanHere()
}

// noPlanHere reports whether the working directory has no plan: the page then
// begins with nothing, and says how to go on.
func noPlanHere() bool {
	_, err := os.Stat(plan.FileName)
	return errors.Is(err, fs.ErrNotExist)
}

// servePlan opens the console of a plan and answers from the models that are named,
// else from the release that stands; without either, from nothing until one does.
func (a *app) servePlan(c *cobra.Command, folder string, models []string, f *serveFlags, mf *modelFlags) error {
	ctx := c.Context()
	w, err := a.open(folder)
	if err != nil {
		return err
	}
	defer w.close()
	m, err := a.machine()
	if err != nil {
		return err
	}
	released, err := w.standing(store.Release, f.release)
	stands := err == nil
	if err != nil && len(models) == 0 && (f.release != "" || !errors.Is(err, errNoneStands)) {
		return err
	}
	s, err := w.service(*f, *mf, c)
	if err != nil {
		return err
	}
	defer s.close()
	p, err := w.plan(ctx, m)
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil: // a restored folder has its releases, and not its documents
		a.screen.Note(say.T("the plan cannot be made here, what it made is served: %v", "此处无法生成计划，仍提供已制作版本的服务：%v", err))
	default:
		s.show(p, m)
	}
	if err == nil && stands && !p.Empty() && len(models) == 0 {
		a.screen.Note(say.T("the plan has changed since this release was made; suiren apply makes it anew", "发布之后计划有变化；suiren apply 会重新制作"))
	}
	var more map[string]any
	switch {
	case len(models) > 0:
		memory, done, err := s.house.openModels(ctx, models, mf)
		defer done()
		if err != nil {
			return err
		}
		s.answerFromModels(m)
		more = map[string]any{"models": names(s.house.loaded), "memory": memory}
	case stands:
		if err := s.openRelease(released, m); err != nil {
			return err
		}
	default:
		s.answerLater(m)
	}
	if err := s.announce(more); err != nil {
		return err
	}
	if more != nil && a.format == formatText {
		a.showAPIs(s.scheme + s.ln.Addr().String())
	}
	return s.Serve(ctx, s.ln)
}

// showAPIs says where programs find models.
func (a *app) showAPIs(base string) {
	fmt.Fprintln(a.stdout, a.t("OpenAI: %s/v1   Anthropic and Ollama: %s", "OpenAI：%s/v1   Anthropic 与 Ollama：%s", base, base))
}

// answerFromModels makes the server answer from the models that the house has loaded.
func (s *service) answerFromModels(m stage.Machine) {
	spareProcessor(m.Threads)
	s.Open()
	s.tend()
}

// openMade makes the server answer from what a plan made: its release, or the weights
// that nothing else goes on from, if those of one block alone can be talked with. The
// caller calls done, on an error too.
func (s *service) openMade(ctx context.Context, p *plan.Plan, m stage.Machine, release string, mf *modelFlags) (done func(), err error) {
	done = func() {}
	b, err := s.w.standing(store.Release, release)
	if err == nil {
		return done, s.openRelease(b, m)
	}
	if _, released := finished(p); released || release != "" || !errors.Is(err, errNoneStands) {
		return done, err
	}
	ref := s.talker(p, mf)
	if ref == "" {
		s.answerLater(m)
		return done, nil
	}
	_, done, err = s.house.openModels(ctx, []string{ref}, mf)
	if err == nil {
		s.answerFromModels(m)
	}
	return done, err
}

// talker is the weights that nothing else of a plan goes on from, if those of one block
// alone can be talked with; else "".
func (s *service) talker(p *plan.Plan, mf *modelFlags) string {
	last, _ := finished(p)
	last = slices.DeleteFunc(last, func(ref string) bool {
		p, err := s.house.prepare(ref, mf, false)
		if err == nil {
			p.Close()
		}
		return err != nil
	})
	if len(last) != 1 {
		return ""
	}
	return last[0]
}

// standsEvery is how often a server that has nothing to answer from looks whether a
// release stands.
const standsEvery = time.Second

// answerLater says that there is nothing to answer from, and answers from the first
// release that stands, whoever makes it.
func (s *service) answerLater(m stage.Machine) {
	a := s.w.a
	what, next := s.notYet()
	a.screen.Note(say.T("%v; %v", "%v；%v", what, next))
	s.tend()
	s.beside.Go(func() {
		for {
			select {
			case <-s.life.Done():
				return
			case <-time.After(standsEvery):
			}
			b, err := s.w.standing(store.Release, "")
			if errors.Is(err, errNoneStands) {
				continue
			}
			if err == nil {
				err = s.openRelease(b, m)
			}
			if err != nil {
				a.screen.Note(say.T("a release was made, and is not served: %v", "已做出发布版本，但未提供服务：%v", err))
				return
			}
			a.screen.Note(say.T("release.%s answers now", "release.%s 开始作答", b.Name))
			return
		}
	})
}

// notYet says why a server of a plan has nothing to answer from, and what to do.
func (s *service) notYet() (what, next say.Text) {
	if list, err := run.Runs(s.w.st.Path()); err == nil && len(list) > 0 && list[0].State == run.Running {
		return say.T("the model is still being made", "模型还在训练中"), say.T("follow it on the plan page", "进度见“计划”页面")
	}
	what = say.T("nothing is served yet: no release stands here", "尚未提供任何服务：这里还没有发布版本")
	folder := folderOf(s.w.file.Dir)
	next = say.T("make what the plan says with suiren apply%s, or on the plan page", "请用 suiren apply%s 或在“计划”页面制作计划的内容", folder)
	p := s.plan.Load()
	if p == nil {
		return what, next
	}
	last, released := finished(p)
	if released || len(last) == 0 {
		return what, next
	}
	ref := last[len(last)-1]
	if _, err := s.w.madeModel(blockName(ref)); err == nil {
		next = say.T("serve its weights: suiren serve %s%s, or add a release block to the plan", "请提供其权重的服务：suiren serve %s%s，或在计划中加一个 release 块", ref, s.w.at())
	}
	return what, next
}
